"""Which module knows what: layers, one home per name, names in pages."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import modules
import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = modules.modules()
HOMES = {
    name: source.name for source in SOURCES for name in modules.public_names(source)
}
PAGES = sorted([*(ROOT / 'nbs').rglob('*.ipynb'), *(ROOT / 'nbs').rglob('*.qmd')])


def test_imports_go_down():
    assert not modules.upward_imports(modules.import_graph())


def test_no_cycles():
    assert not modules.cycles(modules.import_graph())


def test_a_public_name_has_one_module():
    assert not modules.names_in_two_modules(SOURCES)


def test_picture_shows_the_imports():
    """The picture of the architecture page is drawn from today's imports."""
    stored = (ROOT / 'nbs/modules.svg').read_text(encoding='utf-8')
    drawn = modules.draw(modules.import_graph())
    assert stored == drawn, 'run: python tests/modules.py'


def bare_names(text):
    """Return the identifiers that stand alone between backticks, outside of fences."""
    prose = re.sub(r'```.*?```', '', text, flags=re.S)
    return set(re.findall(r'(?<!`)`(\w+)(?:\(\))?`(?!`)', prose))


def read_page(path):
    """Return a page's prose, its code, and its own module."""
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.qmd':
        return text, '', None
    cells = json.loads(text)['cells']
    prose, code = (
        '\n'.join(
            ''.join(cell['source']) for cell in cells if cell['cell_type'] == kind
        )
        for kind in ('markdown', 'code')
    )
    module = re.search(r'^#\| *default_exp +(\w+)', code, re.M)
    return prose, code, module and module[1]


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.stem)
def test_backticked_names_are_the_page_own(path):
    """A bare name links to the one public name; the page must be about that one.

    It defines or uses it. Where a word only looks like a name of ours, as the split
    `train` does, it is written without backticks; another module's name is written with
    its module, `prompt.train`.
    """
    prose, code, module = read_page(path)
    words = set(re.findall(r'\w+', code))
    strange = {
        name: HOMES[name]
        for name in bare_names(prose) & HOMES.keys()
        if HOMES[name] != module and name not in words
    }
    assert not strange, {name: f'{home}.{name}' for name, home in strange.items()}


def test_top_level_names():
    """Each is imported when it is first used, and known to type checkers."""
    code = """
        import sys
        import promptlab
        assert not {'torch', 'transformers', 'pandas'} & sys.modules.keys()
        names = {name: getattr(promptlab, name) for name in promptlab._MODULES}
        assert names.keys() <= set(dir(promptlab))
    """
    subprocess.run([sys.executable, '-c', textwrap.dedent(code)], check=True)
    text = (ROOT / 'promptlab/__init__.py').read_text(encoding='utf-8')
    typed = re.findall(r'from \.(\w+) import (\w+) as \2', text)
    looked_up = re.findall(r"'(\w+)': '(\w+)'", text)
    assert typed
    assert sorted(typed) == sorted((module, name) for name, module in looked_up)
    assert all(HOMES[name] == module for module, name in typed)


def test_type_information_is_packaged():
    assert (ROOT / 'promptlab/py.typed').is_file()
