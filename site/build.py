"""Build the readable site from the notebooks with nbdev and pandoc: `python site/build.py [--nbs nbs] [--out _site]`.

nbdev processes a copy of the project, as it does before Quarto renders, so what is hidden, exported or documented is the
same in both. To render documentation it runs import and exported cells; every other output is one stored in a notebook.
`filter.lua` gives pandoc the part of Quarto's markdown it lacks, `check.py` reads the pages back as a visitor would meet
them. Whatever is broken is reported, one line each, with exit code 1. Nothing here asks the network.
"""
import argparse, base64, html, os, re, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pypandoc, yaml
from check import check
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

@dataclass
class Page:
    "One page; `source` is relative to the notebooks, `url` to the site"
    source: Path
    url: Path
    meta: dict
    body: str = ''                               # pandoc's markdown
    files: dict = field(default_factory=dict)    # pictures in outputs: url -> bytes
    picture: tuple = ('', '')                    # the first of them: its link and alt text
    problems: list = field(default_factory=list)

    @property
    def title(self): return re.sub('[`*]', '', str(self.meta.get('title', self.url.stem)))
    @property
    def order(self): return self.meta.get('order', 999), str(self.meta.get('date', '')), self.source.name
    def link(self, to): return Path(os.path.relpath(to, self.url.parent)).as_posix()

# From notebooks to markdown

def copy_project(cfg, nbs, work):
    "Copy to `work` what nbdev needs: it changes modules and settings that it finds"
    lib, skip = cfg.lib_path.name, shutil.ignore_patterns('.*', '_proc', '_docs', '__pycache__')
    shutil.copy(cfg.config_file, work)
    shutil.copytree(cfg.lib_path, work/lib, ignore=skip)
    for source in (cfg.nbs_path, nbs): shutil.copytree(source, work/'nbs', ignore=skip, dirs_exist_ok=True)
    info = work/f'{lib}-0.dist-info'  # registers the copy's index of names, so that links need no installation
    info.mkdir()
    (info/'METADATA').write_text(f'Name: {lib}\n')
    (info/'entry_points.txt').write_text(f'[nbdev]\n{lib} = {lib}._modidx:d\n')
    sys.path.insert(0, str(work))

def join(text): return text if isinstance(text, str) else ''.join(text)
def one_line(text): return ' '.join(str(text).split())

def fence(text, attributes=''):
    "A code block, fenced with more backticks than `text` holds"
    ticks = '`'*max(3, 1 + max(map(len, re.findall('`+', text)), default=0))
    return f'{ticks}{attributes}\n{text}\n{ticks}'

def split_options(page, source):
    "The `#| key: value` options at the head of a cell, and its code"
    head, code = re.match(r'((?:#\|[^\n]*\n?)*)(.*)', source, re.S).groups()
    if re.search(r'^\s*#\|', code, re.M): page.problems.append(f'leftover #| in the cell that begins {code.splitlines()[0]!r}')
    try: options = yaml.safe_load(re.sub(r'^#\|', '', head, flags=re.M))
    except yaml.YAMLError: options = page.problems.append(f'cell options are not YAML: {one_line(head)}')
    return options or {}, code.strip('\n')

def picture(page, data, suffix, options, name, width):
    "Keep a picture beside its page, under the name Quarto would give it, and show it"
    file = page.url.with_name(f'{page.url.stem}_files')/'figure-html'/f'{name}.{suffix}'
    page.files[file] = data.encode() if suffix == 'svg' else base64.b64decode(data)
    link, alt = page.link(file), one_line(options.get('fig-alt', ''))
    page.picture = page.picture if page.picture[0] else (link, alt)
    label = f'#{options.pop("label")}' if 'label' in options else ''  # label and caption go to the first of several
    size = f'width={width}' if width else ''
    return f'![{one_line(options.pop("fig-cap", ""))}]({link}){{{label} alt="{html.escape(alt)}" {size}}}'

def output_markdown(page, output, options, name):
    "The richest form of one stored output"
    if output['output_type'] == 'stream':
        text = re.sub(r'[^\n]*\r(?!\n)', '', ANSI.sub('', join(output['text']))).strip('\n')  # only the last state of a bar
        return text if options.get('output') == 'asis' else f'::: {{.cell-output .{output["name"]}}}\n{fence(text)}\n:::'
    data = {mime: join(x) for mime, x in output['data'].items() if isinstance(x, (str, list))}
    for mime, suffix in PICTURES.items():
        width = output.get('metadata', {}).get(mime, {}).get('width')
        if mime in data: return picture(page, data[mime], suffix, options, name, width)
    if 'text/html' in data:
        coloured = ' paper' if re.search(r'<style[^>]*>[^<]*color', data['text/html']) else ''  # colours made for white
        shown = fence(f'<div class="scroll{coloured}" tabindex="0">{data["text/html"]}</div>', '{=html}')
    else: shown = data.get('text/markdown') or data.get('text/latex')
    if not shown: return f'::: {{.cell-output}}\n{fence(ANSI.sub("", data.get("text/plain", "")))}\n:::'
    if 'tbl-cap' not in options: return shown
    return f'::: {{#{options.pop("label", "")} .float}}\n{shown}\n\n{one_line(options.pop("tbl-cap"))}\n:::'

def cell_markdown(page, cell, number):
    "A notebook cell as pieces of markdown: prose as it is, code and outputs as its options ask"
    if cell.cell_type != 'code': return [join(cell.source)] if cell.cell_type == 'markdown' else []
    options, code = split_options(page, join(cell.source))
    options = {**page.meta, **page.meta.get('execute', {}), **options}
    if options.get('include') is False: return []
    pieces, outputs = [], cell.get('outputs', [])
    if code and options.get('echo') is not False:
        pieces = [fence(code, '{.' + cell.metadata.get('language', 'python') + '}')]
        if fold := options.get('code-fold'):
            state, summary = ' open' if fold == 'show' else '', html.escape(str(options.get('code-summary', 'Code')))
            pieces = [f'<details class="fold"{state}><summary>{summary}</summary>', *pieces, '</details>']
    if options.get('warning') is False: outputs = [o for o in outputs if o.get('name') != 'stderr']
    if options.get('output') is False: outputs = []
    name = options.get('label', f'cell-{number}')
    shown = [o for o in outputs if o['output_type'] != 'error']  # errors are reported
    return pieces + [output_markdown(page, o, options, f'{name}-output-{i}') for i, o in enumerate(shown, 1)]

def inspect_outputs(page, nb):
    "Note errors and paths of a machine in outputs, shown or not: they are published with the notebook"
    for output in (o for c in nb.cells for o in c.get('outputs', [])):
        data = [x for mime, x in output.get('data', {}).items() if mime.startswith('text/') or 'svg' in mime]
        text = '\n'.join(map(join, [*data, output.get('text', '')]))
        if output['output_type'] == 'error': page.problems.append(f'error output: {output["ename"]}: {one_line(output["evalue"])}')
        elif 'Traceback (most recent call last)' in text: page.problems.append('traceback in an output')
        page.problems.extend(f'path of a machine in an output: {path}' for path in MACHINE.findall(text))

def read_page(path, nbs):
    "Read a `.qmd` file of prose, or a notebook through nbdev's processing"
    source = path.relative_to(nbs)
    page = Page(source, source.with_suffix('.html'), {})
    if path.suffix == '.qmd':
        head, page.body = re.match(r'---\n(.*?)\n---\n?(.*)', path.read_text(encoding='utf-8'), re.S).groups()
        page.meta = yaml.safe_load(head)
        return page
    nb = read_nb(path)
    inspect_outputs(page, nb)
    try: FilterDefaults()(nb)
    except Exception as e:
        page.problems.append(f'nbdev cannot process it: {one_line(e)} {one_line(e.__cause__ or "")}')
        nb.cells = []
    inspect_outputs(page, nb)
    page.meta = dict(getattr(nb, 'frontmatter_', {}))
    page.url = source.with_name(page.meta.pop('output-file', page.url.name))
    if 'title' not in page.meta: page.problems.append('no title')
    page.body = '\n\n'.join(piece for i, cell in enumerate(nb.cells) for piece in cell_markdown(page, cell, i))
    return page

# From markdown to pages

def nav_tree(contents, pages):
    "A sidebar's contents in `_quarto.yml`, or a glob, as a list of (title, page or None, children)"
    if isinstance(contents, str):
        found = [p for p in pages.values() if p.source.match(contents) and p.source.stem != 'index']
        return [(p.title, p, []) for p in sorted(found, key=lambda p: p.order)]
    tree = []
    for item in contents:
        page = pages.get(item.get('href', item.get('section')))
        if 'href' in item and not page: sys.exit(f'_quarto.yml: the sidebar names {item["href"]}, which is not a page')
        title = item.get('text') or (page.title if page else item['section'])
        tree.append((title, page, nav_tree(item.get('contents', []), pages)))
    return tree

def nav_html(tree, here):
    "The tree as nested lists, the page we are on marked"
    rows = []
    for title, page, children in tree:
        current = ' aria-current="page"' if page is here else ''
        row = f'<a href="{here.link(page.url)}"{current}>{html.escape(title)}</a>' if page else f'<span>{html.escape(title)}</span>'
        rows.append(f'<li>{row}{nav_html(children, here)}</li>')
    return f'<ul>{"".join(rows)}</ul>' if rows else ''

def cards(page, posts):
    "Markdown of a listing: picture, title, description, date and categories of each post"
    for post in posts:
        src, alt = post.meta.get('image', post.picture[0]), post.meta.get('image-alt', post.picture[1])
        image = f'[![]({page.link(post.url.parent/src)}){{alt="{html.escape(alt)}"}}]{{.thumb}}' if src else ''
        tags = ' '.join(f'[{tag}]{{.tag}}' for tag in post.meta.get('categories', []))
        yield (f'::: {{.post}}\n{image}\n\n## [{post.meta.get("title")}]({page.link(post.url)})\n\n'
               f'{post.meta.get("description", "")}\n\n[{post.meta.get("date", "")} {tags}]{{.meta}}\n:::')

def neighbours(page, posts):
    "Links to the posts before and after `page`"
    if page not in posts: return ''
    i = posts.index(page)
    near = [('prev', 'Previous', p) for p in posts[max(i-1, 0):i]] + [('next', 'Next', p) for p in posts[i+1:i+2]]
    return ''.join(f'<a rel="{rel}" href="{page.link(p.url)}"><small>{word}</small> {html.escape(p.title)}</a>' for rel, word, p in near)

def write_page(page, nbs, out, **variables):
    "Let pandoc write one page and its pictures; each of its warnings is a problem"
    meta = {'link-citations': True, **page.meta}
    references = '## References {.unnumbered}\n\n::: {#refs}\n:::' if 'bibliography' in meta else ''
    command = [pypandoc.get_pandoc_path(), '--from=markdown+autolink_bare_uris', '--to=html5', '--standalone', '--mathml',
               f'--template={HERE/"page.html"}', f'--lua-filter={HERE/"filter.lua"}', '--citeproc', '--strip-comments',
               f'--toc={str(meta.pop("toc", True)).lower()}', f'--variable=root:{"../"*len(page.url.parent.parts)}',
               *(f'--variable={key}:{value}' for key, value in variables.items())]
    run = subprocess.run(command, input=f'---\n{yaml.safe_dump(meta)}---\n\n{page.body}\n\n{references}',
                         cwd=nbs/page.source.parent, capture_output=True, encoding='utf-8')
    page.problems.extend(one_line(w)[:200] for w in re.split(r'^\[WARNING\] ', run.stderr, flags=re.M) if w.strip())
    text = re.sub(r' id="toc-[^"]*"', '', run.stdout)  # the table of contents is in the page twice
    for file, data in {page.url: text.encode(), **page.files}.items():
        (out/file).parent.mkdir(parents=True, exist_ok=True)
        (out/file).write_bytes(data)

# The whole

def build(nbs, work):
    "Build the site from the notebooks in `nbs` to `work/'site'`; returns its pages, with their problems"
    cfg = get_config(path=Path.cwd())
    copy_project(cfg, nbs, work)
    nbs, out = work/'nbs', work/'site'
    for file in nbs.rglob('*'):
        if file.suffix in STATIC:
            (out/file.relative_to(nbs)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, out/file.relative_to(nbs))
    with working_directory(work):
        nbdev_export.__wrapped__()
        os.environ['IN_TEST'] = '1'  # as nbdev has it while it processes notebooks
        paths = [p for p in sorted(nbs.rglob('*')) if p.suffix in ('.ipynb', '.qmd') and p.name[0] != '_']
        pages = {page.source.as_posix(): page for page in (read_page(p, nbs) for p in paths)}
    sidebar = yaml.safe_load((cfg.config_path/'_quarto.yml').read_text(encoding='utf-8'))['website']['sidebar']
    posts, tree = [], nav_tree(sidebar['contents'], pages)
    for page in pages.values():
        if 'listing' in page.meta:
            posts = [p for _, p, _ in nav_tree((page.source.parent/page.meta['listing']['contents']).as_posix(), pages)]
            page.body = '\n\n'.join([page.body, *cards(page, posts)])

    def write(page):
        write_page(page, nbs, out, nav=nav_html(tree, page), neighbours=neighbours(page, posts),
                   site=f'{cfg.doc_host}{cfg.doc_baseurl}', sitetitle=cfg.title, repo=cfg.git_url)
    with ThreadPoolExecutor() as pool: list(pool.map(write, pages.values()))
    broken = check(out)
    for page in pages.values(): page.problems.extend(broken.get(page.url, []))
    return pages.values()

def main():
    parser = argparse.ArgumentParser(description='Build the readable site from the notebooks, with pandoc alone.')
    parser.add_argument('--nbs', default='nbs', help='folder of notebooks; those it lacks are taken from nbs')
    parser.add_argument('--out', default='_site', help='folder to write; replaced if it holds a site')
    args = parser.parse_args()
    nbs, out = Path(args.nbs).resolve(), Path(args.out).resolve()
    if not nbs.is_dir(): sys.exit(f'{args.nbs}: no such folder')
    if out.exists() and any(out.iterdir()) and not (out/'index.html').exists():
        sys.exit(f'{args.out}: holds something else than a site')
    with tempfile.TemporaryDirectory() as work:
        pages = build(nbs, Path(work).resolve())
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(Path(work)/'site', out)
    problems = [f'{page.source.as_posix()}: {problem}' for page in pages for problem in dict.fromkeys(page.problems)]
    if problems: sys.exit('\n'.join(problems))
    print(f'{len(pages)} pages: {Path(args.out)/"index.html"}')

if __name__ == '__main__': main()
