"""Make what Quarto wrote load nothing from elsewhere: `python site/tidy.py _docs`.

Quarto's themes import fonts of Google, and a page with an HTML output loads jQuery and
require.js, which no page of ours uses. In feeds, links become absolute.
"""

import argparse
import re
from pathlib import Path
from urllib.parse import urljoin

FONTS = re.compile(r'@import\s*url\(\s*["\']?https?:[^)]*\)\s*;?')
SCRIPTS = re.compile(
    r'<script[^>]*\ssrc="https?:[^"]*"[^>]*></script>\s*'
    r'|<script[^>]*>\s*define\(\'jquery\'.*?</script>\s*',
    re.S,
)
RELATIVE = re.compile(r'\b(href|src)="(?!\w+:|#)([^"]+)"')


def absolute_links(feed):
    """Return a feed in which links are relative to nothing."""
    page = re.search(r'<link>(.*?)</link>', feed)[1]
    return RELATIVE.sub(lambda link: f'{link[1]}="{urljoin(page, link[2])}"', feed)


def tidy(site):
    """Change the pages, stylesheets and feeds in the folder `site`."""
    changes = {
        '*.html': lambda text: SCRIPTS.sub('', text),
        '*.css': lambda text: FONTS.sub('', text),
        '*.xml': lambda text: absolute_links(text) if '<rss' in text else text,
    }
    for pattern, change in changes.items():
        for file in Path(site).rglob(pattern):
            text = file.read_text(encoding='utf-8')
            file.write_text(change(text), encoding='utf-8')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='the site, for instance _docs')
    tidy(parser.parse_args().folder)


if __name__ == '__main__':
    main()
