"""Build the readable site from the notebooks with nbdev and pandoc.

`python site/build.py [--nbs nbs] [--out _site]`

nbdev processes a copy of the project, as it does before Quarto renders, so that what is
hidden, exported or documented is the same in both. To render documentation it runs
import and exported cells; every other output is one stored in a notebook. A filter that
Quarto shares, `nbs/content.lua`, mends what nbdev leaves; `filter.lua` gives pandoc the
part of Quarto's markdown it lacks; `check.py` reads the pages back as a visitor would
meet them. Whatever is broken is reported, one line each, with exit code 1. Nothing here
asks the network.
"""

import argparse
import base64
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pypandoc
import yaml
from check import check, wide_tables
from execnb.nbio import read_nb
from fastcore.xtras import working_directory
from nbdev.config import get_config
from nbdev.doclinks import nbdev_export
from nbdev.processors import FilterDefaults

HERE = Path(__file__).resolve().parent
STATIC = {'.css', '.png', '.jpg', '.jpeg', '.svg', '.gif', '.webp'}
PICTURES = {'image/svg+xml': 'svg', 'image/png': 'png', 'image/jpeg': 'jpg'}
ANSI = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')
MACHINE = re.compile(r'(?<![\w.~+-])/(?:home|root|tmp|work|Users)/[^\s\'"<>]*')
PANDOC = [
    '--from=markdown+autolink_bare_uris',
    '--to=html5',
    '--standalone',
    '--mathml',
    f'--template={HERE / "page.html"}',
    f'--lua-filter={HERE.parent / "nbs/content.lua"}',
    f'--lua-filter={HERE / "filter.lua"}',
    '--citeproc',
    '--strip-comments',
]
REFERENCES = '## References {.unnumbered}\n\n::: {#refs}\n:::'


@dataclass
class Page:
    """One page; `source` is relative to the notebooks, `url` to the site."""

    source: Path
    url: Path
    meta: dict
    body: str = ''  # pandoc's markdown
    files: dict = field(default_factory=dict)  # pictures in outputs: url -> bytes
    picture: tuple = ('', '')  # the first of them: its link and alt text
    problems: list = field(default_factory=list)

    @property
    def title(self):
        return re.sub('[`*]', '', str(self.meta.get('title', self.url.stem)))

    @property
    def order(self):
        date = str(self.meta.get('date', ''))
        return self.meta.get('order', 999), date, self.source.name

    def link(self, to):
        return Path(os.path.relpath(to, self.url.parent)).as_posix()


# From notebooks to markdown


def copy_project(config, nbs, work):
    """Copy to `work` what nbdev needs: it changes modules and settings that it finds.

    The copy's index of names is registered, so that links need no installation.
    """
    package = config.lib_path.name
    skipped = shutil.ignore_patterns('.*', '_proc', '_docs', '__pycache__')
    shutil.copy(config.config_file, work)
    shutil.copytree(config.lib_path, work / package, ignore=skipped)
    for source in (config.nbs_path, nbs):
        shutil.copytree(source, work / 'nbs', ignore=skipped, dirs_exist_ok=True)
    info = work / f'{package}-0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Name: {package}\n')
    entry = f'[nbdev]\n{package} = {package}._modidx:d\n'
    (info / 'entry_points.txt').write_text(entry)
    sys.path.insert(0, str(work))


def join(text):
    return text if isinstance(text, str) else ''.join(text)


def one_line(text):
    return ' '.join(str(text).split())


def fence(text, attributes=''):
    """Return a code block, fenced with more backticks than `text` holds."""
    ticks = '`' * max(3, 1 + max(map(len, re.findall('`+', text)), default=0))
    return f'{ticks}{attributes}\n{text}\n{ticks}'


def div(content, attributes):
    return f'::: {{{attributes}}}\n{content}\n:::'


def split_options(page, source):
    """Return the `#| key: value` options at the head of a cell, and its code."""
    head, code = re.match(r'((?:#\|[^\n]*\n?)*)(.*)', source, re.S).groups()
    if re.search(r'^\s*#\|', code, re.M):
        first = code.splitlines()[0]
        page.problems.append(f'leftover #| in the cell that begins {first!r}')
    try:
        options = yaml.safe_load(re.sub(r'^#\|', '', head, flags=re.M))
    except yaml.YAMLError:
        page.problems.append(f'cell options are not YAML: {one_line(head)}')
        options = None
    return options or {}, code.strip('\n')


def picture_markdown(page, data, suffix, options, name, width):
    """Keep a picture beside its page, under the name Quarto would give it, and show it.

    Label and caption go to the first of several pictures.
    """
    folder = page.url.with_name(f'{page.url.stem}_files') / 'figure-html'
    file = folder / f'{name}.{suffix}'
    page.files[file] = data.encode() if suffix == 'svg' else base64.b64decode(data)
    link, alt = page.link(file), one_line(options.get('fig-alt', ''))
    page.picture = page.picture if page.picture[0] else (link, alt)
    if not alt:
        page.problems.append(f'image without alt text: {link}')
    label = f'#{options.pop("label")}' if 'label' in options else ''
    size = f'width={width}' if width else ''
    caption = one_line(options.pop('fig-cap', ''))
    return f'![{caption}]({link}){{{label} alt="{html.escape(alt)}" {size}}}'


def stream_markdown(output, options):
    """Show what was printed; of a progress bar only its last state."""
    text = ANSI.sub('', join(output['text']))
    text = re.sub(r'[^\n]*\r(?!\n)', '', text).strip('\n')
    if options.get('output') == 'asis':
        return text
    return div(fence(text), f'.cell-output .{output["name"]}')


def output_markdown(page, output, options, name):
    """Return the richest form of one stored output."""
    if output['output_type'] == 'stream':
        return stream_markdown(output, options)
    data = {
        mime: join(value)
        for mime, value in output['data'].items()
        if isinstance(value, (str, list))
    }
    for mime, suffix in PICTURES.items():
        if mime in data:
            width = output.get('metadata', {}).get(mime, {}).get('width')
            return picture_markdown(page, data[mime], suffix, options, name, width)
    if 'text/html' in data:
        shown = html_markdown(data['text/html'])
    else:
        shown = data.get('text/markdown') or data.get('text/latex')
    if not shown:
        return div(fence(ANSI.sub('', data.get('text/plain', ''))), '.cell-output')
    kind = 'fig-cap' if 'class="interactive"' in shown else 'tbl-cap'
    if kind not in options:
        return shown
    label, caption = options.pop('label', ''), one_line(options.pop(kind))
    return div(f'{shown}\n\n{caption}', f'#{label} .float')


def html_markdown(text):
    """Let tables scroll; coloured ones are made for white paper."""
    if 'class="interactive"' in text:
        return fence(text, '{=html}')
    paper = ' paper' if re.search(r'<style[^>]*>[^<]*color', text) else ''
    block = f'<div class="scroll{paper}" tabindex="0">{text}</div>'
    return fence(block, '{=html}')


def code_markdown(code, language, options):
    """Return a cell's code, folded if its options ask for it."""
    shown = fence(code, '{.' + language + '}')
    fold = options.get('code-fold')
    if not fold:
        return [shown]
    state = ' open' if fold == 'show' else ''
    summary = html.escape(str(options.get('code-summary', 'Code')))
    head = f'<details class="fold"{state}><summary>{summary}</summary>'
    return [head, shown, '</details>']


def cell_markdown(page, cell, number):
    """Return a cell as pieces of markdown: prose, or code and outputs as asked for."""
    if cell.cell_type != 'code':
        return [join(cell.source)] if cell.cell_type == 'markdown' else []
    options, code = split_options(page, join(cell.source))
    options = {**page.meta, **page.meta.get('execute', {}), **options}
    if options.get('include') is False:
        return []
    pieces, outputs = [], cell.get('outputs', [])
    if code and options.get('echo') is not False:
        language = cell.metadata.get('language', 'python')
        pieces = code_markdown(code, language, options)
    if options.get('warning') is False:
        outputs = [output for output in outputs if output.get('name') != 'stderr']
    if options.get('output') is False:
        outputs = []
    name = options.get('label', f'cell-{number}')
    shown = [output for output in outputs if output['output_type'] != 'error']
    return pieces + [
        output_markdown(page, output, options, f'{name}-output-{i}')
        for i, output in enumerate(shown, 1)
    ]


def inspect_outputs(page, notebook):
    """Note errors and paths of a machine in outputs, shown or not."""
    cells = notebook.cells
    for output in (output for cell in cells for output in cell.get('outputs', [])):
        data = [
            value
            for mime, value in output.get('data', {}).items()
            if mime.startswith('text/') or 'svg' in mime
        ]
        text = '\n'.join(map(join, [*data, output.get('text', '')]))
        if output['output_type'] == 'error':
            message = f'{output["ename"]}: {one_line(output["evalue"])}'
            page.problems.append(f'error output: {message}')
        elif 'Traceback (most recent call last)' in text:
            page.problems.append('traceback in an output')
        for path in MACHINE.findall(text):
            page.problems.append(f'path of a machine in an output: {path}')


def read_prose(path, page):
    """Read a `.qmd` file of prose."""
    text = path.read_text(encoding='utf-8')
    head, page.body = re.match(r'---\n(.*?)\n---\n?(.*)', text, re.S).groups()
    page.meta = yaml.safe_load(head)
    return page


def read_page(path, nbs):
    """Read a `.qmd` file of prose, or a notebook through nbdev's processing."""
    source = path.relative_to(nbs)
    page = Page(source, source.with_suffix('.html'), {})
    if path.suffix == '.qmd':
        return read_prose(path, page)
    notebook = read_nb(path)
    inspect_outputs(page, notebook)
    try:
        FilterDefaults()(notebook)
    except Exception as error:
        reason = f'{one_line(error)} {one_line(error.__cause__ or "")}'
        page.problems.append(f'nbdev cannot process it: {reason}')
        notebook.cells = []
    inspect_outputs(page, notebook)
    page.meta = dict(getattr(notebook, 'frontmatter_', {}))
    page.url = source.with_name(page.meta.pop('output-file', page.url.name))
    if 'title' not in page.meta:
        page.problems.append('no title')
    page.body = '\n\n'.join(
        piece
        for number, cell in enumerate(notebook.cells)
        for piece in cell_markdown(page, cell, number)
    )
    return page


# From markdown to pages


def nav_tree(contents, pages):
    """Return a sidebar's contents, or a glob, as (title, page or None, children)."""
    if isinstance(contents, str):
        found = [page for page in pages.values() if page.source.match(contents)]
        found = [page for page in found if page.source.stem != 'index']
        found.sort(key=lambda page: page.order)
        return [(page.title, page, []) for page in found]
    tree = []
    for item in contents:
        page = pages.get(item.get('href', item.get('section')))
        if 'href' in item and not page:
            name = item['href']
            sys.exit(f'_quarto.yml: the sidebar names {name}, which is not a page')
        title = item.get('text') or (page.title if page else item['section'])
        tree.append((title, page, nav_tree(item.get('contents', []), pages)))
    return tree


def nav_html(tree, here):
    """Return the tree as nested lists, the page we are on marked."""
    rows = []
    for title, page, children in tree:
        label = html.escape(title)
        if page:
            current = ' aria-current="page"' if page is here else ''
            label = f'<a href="{here.link(page.url)}"{current}>{label}</a>'
        else:
            label = f'<span>{label}</span>'
        rows.append(f'<li>{label}{nav_html(children, here)}</li>')
    return f'<ul>{"".join(rows)}</ul>' if rows else ''


def card(page, post):
    """Return markdown: picture, title, description, date and categories of a post."""
    meta, image = post.meta, ''
    source = meta.get('image', post.picture[0])
    if source:
        alt = html.escape(meta.get('image-alt', post.picture[1]))
        link = page.link(post.url.parent / source)
        image = f'[![]({link}){{.small alt="{alt}"}}]{{.thumb}}'
    tags = ' '.join(f'[{tag}]{{.tag}}' for tag in meta.get('categories', []))
    title = f'## [{meta.get("title")}]({page.link(post.url)})'
    dated = f'[{meta.get("date", "")} {tags}]{{.meta}}'
    parts = [image, title, meta.get('description', ''), dated]
    return div('\n\n'.join(parts), '.post')


def neighbours(page, posts):
    """Link the posts before and after `page`."""
    if page not in posts:
        return ''
    here = posts.index(page)
    near = [('prev', 'Previous', post) for post in posts[max(here - 1, 0) : here]]
    near += [('next', 'Next', post) for post in posts[here + 1 : here + 2]]
    return ''.join(
        f'<a rel="{rel}" href="{page.link(post.url)}"><small>{word}</small> '
        f'{html.escape(post.title)}</a>'
        for rel, word, post in near
    )


def write_page(page, nbs, out, **variables):
    """Let pandoc write one page and its pictures; each of its warnings is a problem."""
    meta = {'link-citations': True, **page.meta}
    references = REFERENCES if 'bibliography' in meta else ''
    toc = str(meta.pop('toc', True)).lower()
    variables['root'] = '../' * len(page.url.parent.parts)
    command = [pypandoc.get_pandoc_path(), *PANDOC, f'--toc={toc}']
    command += [f'--variable={key}:{value}' for key, value in variables.items()]
    run = subprocess.run(
        command,
        input=f'---\n{yaml.safe_dump(meta)}---\n\n{page.body}\n\n{references}',
        cwd=nbs / page.source.parent,
        capture_output=True,
        encoding='utf-8',
    )
    warnings = re.split(r'^\[WARNING\] ', run.stderr, flags=re.M)
    page.problems += [one_line(text)[:200] for text in warnings if text.strip()]
    # the table of contents is in the page twice
    text = re.sub(r'\s+id="toc-[^"]*"', '', run.stdout)
    for file, data in {page.url: text.encode(), **page.files}.items():
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_bytes(data)


# The whole


def copy_static(nbs, out):
    """Copy stylesheets and pictures."""
    for file in nbs.rglob('*'):
        if file.suffix in STATIC:
            target = out / file.relative_to(nbs)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)


def read_pages(nbs):
    """Read every page but those whose name begins with an underscore."""
    os.environ['IN_TEST'] = '1'  # as nbdev has it while it processes notebooks
    paths = [path for path in sorted(nbs.rglob('*')) if path.name[0] != '_']
    pages = [read_page(p, nbs) for p in paths if p.suffix in ('.ipynb', '.qmd')]
    return {page.source.as_posix(): page for page in pages}


def add_listing(pages):
    """Fill the pages that list posts, and return the posts."""
    posts = []
    for page in pages.values():
        if 'listing' in page.meta:
            listed = page.source.parent / page.meta['listing']['contents']
            posts = [post for _, post, _ in nav_tree(listed.as_posix(), pages)]
            cards = [card(page, post) for post in posts]
            page.body = '\n\n'.join([page.body, *cards])
    return posts


def build(nbs, work):
    """Build the site from the notebooks in `nbs`, and return its pages.

    The site is written to `work/'site'`; the pages carry their problems.
    """
    config = get_config(path=Path.cwd())
    copy_project(config, nbs, work)
    nbs, out = work / 'nbs', work / 'site'
    copy_static(nbs, out)
    with working_directory(work):
        nbdev_export.__wrapped__()
        pages = read_pages(nbs)
    quarto = (config.config_path / '_quarto.yml').read_text(encoding='utf-8')
    tree = nav_tree(yaml.safe_load(quarto)['website']['sidebar']['contents'], pages)
    posts = add_listing(pages)
    variables = {
        'site': f'{config.doc_host}{config.doc_baseurl}',
        'sitetitle': config.title,
        'repo': config.git_url,
    }

    def write(page):
        nav, near = nav_html(tree, page), neighbours(page, posts)
        write_page(page, nbs, out, nav=nav, neighbours=near, **variables)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, pages.values()))
    broken = check(out)
    for page in pages.values():
        page.problems.extend(broken.get(page.url, []))
    return pages.values()


def parse_arguments():
    parser = argparse.ArgumentParser(
        description='Build the readable site from the notebooks, with pandoc alone.'
    )
    parser.add_argument(
        '--nbs',
        default='nbs',
        help='folder of notebooks; those it lacks are taken from nbs',
    )
    parser.add_argument(
        '--out', default='_site', help='folder to write; replaced if it holds a site'
    )
    return parser.parse_args()


def main():
    args = parse_arguments()
    nbs, out = Path(args.nbs).resolve(), Path(args.out).resolve()
    if not nbs.is_dir():
        sys.exit(f'{args.nbs}: no such folder')
    if out.exists() and any(out.iterdir()) and not (out / 'index.html').exists():
        sys.exit(f'{args.out}: holds something else than a site')
    with tempfile.TemporaryDirectory() as work:
        pages = build(nbs, Path(work).resolve())
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(Path(work) / 'site', out)
    problems = [
        f'{page.source.as_posix()}: {problem}'
        for page in pages
        for problem in dict.fromkeys(page.problems)
    ]
    if problems:
        sys.exit('\n'.join(problems))
    for warning in wide_tables(out):
        print(f'warning: {warning}', file=sys.stderr)
    print(f'{len(pages)} pages: {Path(args.out) / "index.html"}')


if __name__ == '__main__':
    main()
