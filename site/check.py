"""Find what is broken in a built site: links, anchors, pictures, leftover markup."""

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Elements whose text may hold `:::` or `#|`.
QUIET = {'code', 'pre', 'math', 'script', 'style'}
MARKS = (':::', '#|')


class Found(HTMLParser):
    """What a browser finds in a page.

    Anchors, links, things it loads, images, and the text outside of code.
    """

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads = set(), set(), set()
        self.images, self.text = [], ''
        self.n_quiet = 0  # how many quiet elements we are in
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get('id'))
        self.n_quiet += tag in QUIET
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


def check_page(file, found):
    """Return the problems of one page."""
    here = found[file]
    problems = [
        f'image without alt text: {source}'
        for source, alt in here.images
        if not (alt or '').strip()
    ]
    for mark in MARKS:
        if mark in here.text:
            after = ' '.join(here.text.split(mark)[1].split())[:60]
            problems.append(f'leftover {mark} in the text: {after}')
    problems += [check_link(link, file, found, False) for link in sorted(here.links)]
    problems += [check_link(link, file, found, True) for link in sorted(here.loads)]
    return list(filter(None, problems))


def check(site):
    """Return the problems of each page in the folder `site`, by its path there."""
    pages = {file: file.read_text(encoding='utf-8') for file in site.rglob('*.html')}
    found = {file: Found(text) for file, text in pages.items()}
    return {file.relative_to(site): check_page(file, found) for file in found}
