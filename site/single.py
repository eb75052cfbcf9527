"""Make one page that needs no other file: `python site/single.py NOTEBOOK PAGE.html`.

The notebook is shown as on the site, with its style and its pictures inside the page.
Links to other pages lead to the published site.
"""

import base64
import mimetypes
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin

from build import copy_project, read_page, write_page
from fastcore.xtras import working_directory
from nbdev.config import get_config

ALONE = '.menu, .pages, .source { display: none }'


def embed(text, folder):
    """Put the pictures of a page inside it, without links to their files."""

    def picture(match):
        file = folder / match[1]
        if not file.is_file():
            return match[0]
        data = base64.b64encode(file.read_bytes()).decode()
        return f'src="data:{mimetypes.guess_type(file)[0]};base64,{data}"'

    text = re.sub(r'<a\s[^>]*class="full"[^>]*>\s*(<img[^>]*>)\s*</a>', r'\1', text)
    return re.sub(r'src="([^":]+)"', picture, text)


def absolute(text, address):
    """Let the links of a page that lead to other pages lead to an address."""
    return re.sub(
        r'href="(?![#:]|\w+:)([^"]+)"',
        lambda match: f'href="{urljoin(address, match[1])}"',
        text,
    )


def single_page(notebook, work):
    """Return a notebook as the HTML of one page."""
    config = get_config(path=Path.cwd())
    copy_project(config, config.nbs_path, work)
    nbs, site = work / 'nbs', f'{config.doc_host}{config.doc_baseurl}'
    copied = nbs / 'posts' / notebook.name
    copied.write_bytes(notebook.read_bytes())
    with working_directory(work):
        page = read_page(copied, nbs)
        facts = {'site': site, 'sitetitle': config.title, 'repo': config.git_url}
        write_page(page, nbs, work / 'site', nav='', neighbours='', **facts)
    file = work / 'site' / page.url
    text = embed(file.read_text(encoding='utf-8'), file.parent)
    if not text:
        sys.exit('\n'.join(page.problems))
    style = (nbs / 'styles.css').read_text(encoding='utf-8')
    text = re.sub(r'<link [^>]*>\n?', '', text)
    sheet = f'<style>{style}\n{ALONE}</style></head>'
    text = text.replace('</head>', sheet, 1)
    return absolute(text, f'{site}/{page.url.as_posix()}')


def main():
    notebook, target = (Path(word).absolute() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        text = single_page(notebook, Path(work).resolve())
    target.write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main()
