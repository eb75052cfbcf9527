"""Find what is broken in a built site: links, anchors, pictures, leftover markup.

`python site/check.py FOLDER` prints it, one line each, for the pages of any builder,
and exits with 1 if there is anything. A table too wide for a post only gets a warning.
"""

import argparse
import os
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Elements whose text may hold `:::` or `#|`.
QUIET = {'code', 'pre', 'math', 'script', 'style'}
MARKS = (':::', '#|')
MOST_COLUMNS = 5  # of a table in a post
MOST_BYTES = 1_500_000  # of a page and its pictures


class Found(HTMLParser):
    """What a browser finds in a page.

    Anchors, links, things it loads, images, and the text outside of code.
    """

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads = set(), set(), set()
        self.images, self.text = [], ''
        self.n_quiet = 0  # how many quiet elements we are in
        self.n_cells, self.most_cells = 0, 0  # of a table's row, and of the longest
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get('id'))
        self.n_quiet += tag in QUIET
        self.n_cells = 0 if tag == 'tr' else self.n_cells + (tag in ('td', 'th'))
        self.most_cells = max(self.most_cells, self.n_cells)
        if tag == 'img':
            self.images.append((found.get('src'), found.get('alt')))
        if 'src' in found or 'href' in found:
            kind = self.links if tag == 'a' else self.loads
            kind.add(found.get('src') or found.get('href'))

    def handle_endtag(self, tag):
        self.n_quiet -= tag in QUIET

    def handle_data(self, data):
        self.text += '' if self.n_quiet else data


def check_link(link, file, found, loaded):
    """Return what is wrong with a link in `file`, or None; `found` holds every page."""
    url = urlsplit(link)
    if url.scheme or url.netloc:
        is_foreign = loaded and url.scheme != 'data'
        return f'loads from elsewhere: {link}' if is_foreign else None
    target = file
    if url.path:
        target = Path(os.path.normpath(file.parent / unquote(url.path)))
    if target.is_dir():
        target /= 'index.html'
    if not target.is_file():
        return f'missing file: {link}' if loaded else f'dead link: {link}'
    if not url.fragment or url.fragment.startswith('ref-') or target not in found:
        return None  # of citations, pandoc reports the broken ones
    is_known = unquote(url.fragment) in found[target].ids
    return None if is_known else f'dead anchor: {link}'


def page_size(file, here):
    """Return the bytes of a page and of its pictures."""
    sources = {unquote(source) for source, _ in here.images if source}
    pictures = [file.parent / source for source in sources if source[:5] != 'data:']
    return sum(path.stat().st_size for path in [file, *pictures] if path.is_file())


def check_page(file, found):
    """Return the problems of one page."""
    here = found[file]
    problems = [
        f'image without alt text: {source}'
        for source, alt in here.images
        if not (alt or '').strip()
    ]
    size = page_size(file, here)
    if size > MOST_BYTES:
        problems.append(f'weighs {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6} MB')
    for mark in MARKS:
        if mark in here.text:
            after = ' '.join(here.text.split(mark)[1].split())[:60]
            problems.append(f'leftover {mark} in the text: {after}')
    links = sorted(here.links - here.loads)
    problems += [check_link(link, file, found, False) for link in links]
    problems += [check_link(link, file, found, True) for link in sorted(here.loads)]
    return list(filter(None, problems))


def read_site(site):
    """Return what a browser finds in each page of the folder `site`."""
    pages = sorted(Path(site).rglob('*.html'))
    return {file: Found(file.read_text(encoding='utf-8')) for file in pages}


def check(site):
    """Return the problems of each page in the folder `site`, by its path there."""
    found = read_site(site)
    return {file.relative_to(site): check_page(file, found) for file in found}


def wide_tables(site):
    """Name the posts in which a table has too many columns to be read."""
    posts = {
        file.relative_to(site): here.most_cells
        for file, here in read_site(site).items()
        if file.parent.name == 'posts'
    }
    return [
        f'{post}: a table of {n} columns; more than {MOST_COLUMNS} are hard to read'
        for post, n in posts.items()
        if n > MOST_COLUMNS
    ]


def main():
    parser = argparse.ArgumentParser(description='Find what is broken in a built site.')
    parser.add_argument('folder', type=Path, help='the site, for instance _docs')
    site = parser.parse_args().folder
    for warning in wide_tables(site):
        print(f'warning: {warning}')
    problems = [
        f'{page}: {problem}'
        for page, found in check(site).items()
        for problem in dict.fromkeys(found)
    ]
    if problems:
        sys.exit('\n'.join(problems))


if __name__ == '__main__':
    main()
