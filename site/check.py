"What is broken in a built site: links, anchors, pictures, leftover markup, things loaded from elsewhere."
import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

QUIET = {'code', 'pre', 'math', 'script', 'style'}  # elements whose text may hold `:::` or `#|`

class Found(HTMLParser):
    "What a browser finds in a page: anchors, links, things it loads, images, text outside code"
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.images, self.text, self.quiet = set(), set(), set(), [], '', 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.ids.add(a.get('id'))
        self.quiet += tag in QUIET
        if tag == 'img': self.images.append((a.get('src'), a.get('alt')))
        if 'src' in a or 'href' in a: (self.links if tag == 'a' else self.loads).add(a.get('src') or a.get('href'))

    def handle_endtag(self, tag): self.quiet -= tag in QUIET
    def handle_data(self, data): self.text += '' if self.quiet else data

def check_link(link, file, found, loaded):
    "What is wrong with a link in `file`, or None; `found` holds every page"
    url = urlsplit(link)
    if url.scheme or url.netloc: return f'loads from elsewhere: {link}' if loaded and url.scheme != 'data' else None
    target = Path(os.path.normpath(file.parent/unquote(url.path))) if url.path else file
    if target.is_dir(): target /= 'index.html'
    if not target.is_file(): return f'missing file: {link}' if loaded else f'dead link: {link}'
    if url.fragment.startswith('ref-'): return None  # citations: pandoc reports them
    if url.fragment and target in found and unquote(url.fragment) not in found[target].ids: return f'dead anchor: {link}'

def check_page(file, found):
    "The problems of one page"
    here = found[file]
    problems = [f'image without alt text: {src}' for src, alt in here.images if not (alt or '').strip()]
    for mark in (':::', '#|'):
        if mark in here.text: problems.append(f'leftover {mark} in the text: {" ".join(here.text.split(mark)[1].split())[:60]}')
    problems += [check_link(link, file, found, False) for link in sorted(here.links)]
    problems += [check_link(link, file, found, True) for link in sorted(here.loads)]
    return list(filter(None, problems))

def check(site):
    "The problems of each page in the folder `site`, by its path there"
    found = {file: Found(file.read_text(encoding='utf-8')) for file in site.rglob('*.html')}
    return {file.relative_to(site): check_page(file, found) for file in found}
