"""Write README.md from nbs/index.ipynb: `python site/readme.py`."""

import json
import re
from pathlib import Path


def output_markdown(output):
    """Return what a cell printed or showed as markdown, '' for anything else."""
    if 'text' in output:
        return f'```\n{"".join(output["text"]).rstrip()}\n```'
    return ''.join(output.get('data', {}).get('text/markdown', ''))


def cell_markdown(cell):
    """Return the parts of a cell that the home page shows."""
    source = ''.join(cell['source'])
    if cell['cell_type'] == 'markdown':
        return [source]
    if cell['cell_type'] == 'raw':
        return ['# ' + re.search(r'^title: (.*)$', source, re.M)[1]]
    shown = [] if source.startswith('#|') else [f'```python\n{source}\n```']
    if not re.search(r'^#\| (hide|slow)', source, re.M):
        shown += filter(None, map(output_markdown, cell['outputs']))
    return shown


def readme(notebook='nbs/index.ipynb'):
    """Return the home page as GitHub markdown, with links from the root."""
    cells = json.loads(Path(notebook).read_text(encoding='utf-8'))['cells']
    text = '\n\n'.join(part for cell in cells for part in cell_markdown(cell))
    return re.sub(r'\]\((?!\w+:|#)', '](nbs/', text) + '\n'


if __name__ == '__main__':
    Path('README.md').write_text(readme(), encoding='utf-8')
