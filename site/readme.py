"Write README.md from nbs/index.ipynb: `python site/readme.py`."
import json, re
from pathlib import Path

def readme(notebook='nbs/index.ipynb') -> str:
    "The home page as GitHub markdown: its text, its shown code, and what that printed"
    out = []
    for c in json.loads(Path(notebook).read_text(encoding='utf-8'))['cells']:
        s = ''.join(c['source'])
        if c['cell_type'] == 'markdown': out.append(s)
        if c['cell_type'] == 'raw': out.append('# ' + re.search(r'^title: (.*)$', s, re.M)[1])
        if c['cell_type'] != 'code': continue
        if not s.startswith('#|'): out.append(f'```python\n{s}\n```')
        if re.search(r'^#\| (hide|slow)', s, re.M): continue
        for o in c['outputs']:
            if 'text' in o: out.append(f'```\n{"".join(o["text"]).rstrip()}\n```')
            elif 'text/markdown' in o.get('data', {}): out.append(''.join(o['data']['text/markdown']))
    return re.sub(r'\]\((?!\w+:|#)', '](nbs/', '\n\n'.join(out)) + '\n'

if __name__ == '__main__': Path('README.md').write_text(readme(), encoding='utf-8')
