"""The readable site: what the builder shows, what it refuses, and how the pages behave in a browser."""
import base64, hashlib, io, json, re, shutil, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync']

# Small notebooks, written here

def md(text): return dict(cell_type='markdown', metadata={}, source=text)
def raw(text): return dict(cell_type='raw', metadata={}, source=f'---\n{text}\n---')
def code(source, *outputs): return dict(cell_type='code', metadata={}, source=source, execution_count=None, outputs=list(outputs))
def stream(text, name='stdout'): return dict(output_type='stream', name=name, text=text)
def show(**data): return dict(output_type='display_data', metadata={}, data={k.replace('_', '/').replace('0', '+'): v for k, v in data.items()})

def write(path, *cells):
    "A notebook of `cells` at `path`"
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [dict(cell, id=f'c{i}') for i, cell in enumerate(cells)]
    path.write_text(json.dumps(dict(cells=cells, metadata={}, nbformat=4, nbformat_minor=5)))

def plot(form):
    "A real figure, as matplotlib saves it"
    from matplotlib.figure import Figure
    fig, file = Figure(figsize=(6, 3)), io.BytesIO()
    fig.subplots().plot([1, 3, 2, 4], marker='o')
    fig.savefig(file, format=form)
    return base64.b64encode(file.getvalue()).decode() if form == 'png' else file.getvalue().decode()

def wide_table(styled):
    "A table of numbers wider than a phone, as pandas shows it"
    pd = pytest.importorskip('pandas')
    df = pd.DataFrame({f'column {i}': [i*1.5, i*2.5] for i in range(15)})
    return df.style.background_gradient().to_html() if styled else df.to_html()

def project(folder):
    "A project with this one's settings, stylesheet and page list, and no notebook but a home page"
    for file in ('settings.ini', '_quarto.yml', 'nbs/styles.css', 'nbs/posts/index.qmd'):
        (folder/file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT/file, folder/file)
    (folder/'promptlab').mkdir()
    (folder/'promptlab'/'__init__.py').write_text('')
    (folder/'nbs/architecture.qmd').write_text('---\ntitle: Architecture\n---\nRooms.')
    write(folder/'nbs/index.ipynb', raw('title: A small laboratory\ndescription: Home.'), md('Read [the posts](posts/index.qmd).'))
    return folder

def build(folder, *args):
    "Run the builder in `folder`"
    return subprocess.run([sys.executable, ROOT/'site/build.py', *args], cwd=folder, capture_output=True, text=True, timeout=300)

def contents(folder): return {p: hashlib.sha256(p.read_bytes()).digest() for p in folder.rglob('*') if p.is_file()}

FIRST = r'''
The model is @vaswani2017. See @fig-loss, @fig-drawn, @fig-file, @tbl-scores, @tbl-plain, @eq-mean and @sec-why. It is made by `double` of
`promptlab.tools`, and [the tools](../lib/tools.ipynb#double) say [more](https://promptlab.github.io/promptlab/lib/tools.html).

## Why {#sec-why}

The mean is $\bar x$, in full
$$\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i + a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r$$ {#eq-mean}
as everyone knows.

::: {.callout-warning title="Mind the seed"}
One seed says little.
:::

::: {.callout-note collapse="true"}
## Folded
Only for those who ask.
:::

| plain | table |
| --- | --- |
| 1 | `two` |

: A plain table {#tbl-plain}

![A picture from a file](dot.png){#fig-file fig-alt="Ups and downs"}
'''

@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    "A project that uses every feature, built once; nothing of it may change on the way"
    folder = project(tmp_path_factory.mktemp('demo'))
    nbs = folder/'nbs'
    (nbs/'references.bib').write_text('@article{vaswani2017, title={Attention is all you need}, author={Vaswani, Ashish}, year={2017}}')
    (nbs/'posts'/'dot.png').write_bytes(base64.b64decode(plot('png')))
    write(nbs/'lib/tools.ipynb', raw('title: tools\ndescription: Small things.'), code('#| default_exp tools'), code('#| hide\nsecret = 1'),
          code('#| export\ndef double(\n    x:int, # any number\n) -> int: # twice as much\n    "Twice `x`"\n    return 2*x'),
          code('#| export\ndef _quiet(): pass\nclass Kind:\n    def __init__(self,\n        x, # what `double` takes\n        **more): pass'),
          md('Nobody sees `_quiet`.'),
          code('double(4)', show(text_plain='8')), code('#| exports\nhalf = .5'), md('The end.'))
    write(nbs/'posts/first.ipynb',
          raw('title: First *post*\ndescription: What is measured first.\ndate: 2024-01-02\nauthor: A. Author\ncategories: [one, two]\n'
              'bibliography: ../references.bib\nnumber-sections: true\nimage: dot.png\nimage-alt: Ups'),
          md(FIRST), md('## Then'),
          code('#| code-fold: true\n#| code-summary: "Set up"\n#| hide_me: no\nimport math', stream('\x1b[31mred\x1b[0m\n 10%\r100%\n')),
          code('#| echo: false\nunseen_code()', stream('seen output')),
          code('#| output: false\nseen_code()', stream('unseen output')), code('#| include: false\nnothing_of_it()', stream('nor this')),
          code('#| warning: false\nwarns()', stream('a warning', 'stderr')),
          code('#| label: fig-loss\n#| fig-cap: Loss "falls" \n#| fig-alt: A line "falls" & rises\nplot()', show(image_png=plot('png'), text_plain='<Figure>')),
          code('#| label: fig-drawn\n#| fig-cap: Drawn\n#| fig-alt: Drawn lines\nplot()', show(image_svg0xml=plot('svg'))),
          code('#| label: tbl-scores\n#| tbl-cap: Scores of $k$ prompts\ntable', show(text_html=wide_table(False), text_plain='x')),
          code('styled', show(text_html=wide_table(True))), code('md', show(text_markdown='Some **bold** output')),
          code(f'long = {list(range(60))}', stream('9'*200), show(text_plain='7 '*200)))
    write(nbs/'posts/second.ipynb', raw('title: Second\ndescription: And then.\ndate: 2024-02-03\ncode-fold: true'),
          md('## A part\n\nSee @sec-a.\n\n## Another part {#sec-a}\n\n### Deeper\n\nText.'),
          code('#| fig-alt: Lines\nplot()', show(image_png=plot('png'))))
    before = contents(folder)
    result = build(folder)
    after = contents(folder)
    assert result.returncode == 0, result.stderr
    assert {p: after.get(p) for p in before} == before, 'the build changed the project'
    assert all(p.is_relative_to(folder/'_site') for p in after.keys() - before.keys())
    assert result.stdout.splitlines()[-1] == '6 pages: _site/index.html'
    return folder

def page(demo, name): return re.sub(r'\s+', ' ', (demo/'_site'/name).read_text())

HAS = {
    'posts/first.html': [
        '<title>First post · promptlab</title>', '<meta name="description" content="What is measured first.">', '<h1>First <em>post</em></h1>',
        'A. Author · <time>2024-01-02</time> <span class="tag">one</span> <span class="tag">two</span>',
        'href="#fig-loss" class="xref">Figure 2</a>', 'class="xref">Figure 3</a>', 'href="#fig-file" class="xref">Figure 1</a>',
        'href="#tbl-plain" class="xref">Table 1</a>', 'href="#tbl-scores" class="xref">Table 2</a>', 'class="xref">Equation 1</a>',
        'href="#sec-why" class="xref">Section 1</a>', '<strong>Figure 2:</strong> Loss “falls”', 'alt="A line &quot;falls&quot; &amp; rises"',
        'src="first_files/figure-html/fig-loss-output-1.png"', 'src="first_files/figure-html/fig-drawn-output-1.svg" alt="Drawn lines"',
        'alt="Ups and downs"', '<strong>Table 2:</strong> Scores of <math', '<strong>Table 1:</strong> A plain table', '</math> (1) </div> <p>as everyone knows',
        '<p class="callout-title"><span>Mind the seed</span></p>', '<details> <summary class="callout-title"><span>Folded</span></summary>',
        'Vaswani (<a href="#ref-vaswani2017" role="doc-biblioref">2017</a>)', 'Attention Is All You Need', '<math display="block"',
        '<details class="fold"> <summary> Set up </summary>', '<code>red 100%</code>', '<code>seen output</code>', 'seen_code', '<strong>bold</strong>',
        '<div class="scroll paper" tabindex="0">', '<div class="scroll" tabindex="0"><table border="1"',
        '<a href="../lib/tools.html#double"><code>double</code></a>', '<a href="../lib/tools.html#double">the tools</a>',
        '<a href="../lib/tools.html">more</a>', '<a rel="next" href="second.html"><small>Next</small> Second</a>', 'href="#then"'],
    'posts/second.html': ['<a rel="prev" href="first.html"><small>Previous</small> First post</a>', 'class="xref">“Another part”</a>',
        '<details class="fold"> <summary> Code </summary>', '<a href="second.html" aria-current="page">Second</a>'],
    'posts/index.html': ['<a href="first.html">First <em>post</em></a>', '<a href="second.html">Second</a>', 'What is measured first.',
        '2024-01-02 <span class="tag">one</span>', '<img src="dot.png" alt="Ups" />',
        '<img src="second_files/figure-html/cell-3-output-1.png" alt="Lines" />'],
    'lib/tools.html': ['id="double"', 'sees <code>_quiet</code>', '# what `double` takes', '<span class="op">**</span>more', 'Twice <code>x</code>', '# any number', 'blob/main/promptlab/tools.py#L', '<code>8</code>',
        '<summary> Exported source </summary>', '<a href="../index.html">Home</a>', '<a href="tools.html" aria-current="page">tools</a>'],
    'index.html': ['<a href="posts/index.html">the posts</a>', '<a href="index.html" aria-current="page">Home</a>', 'href="styles.css"'],
}

@pytest.mark.parametrize('name', HAS)
def test_page_has(demo, name):
    text = page(demo, name)
    assert not [part for part in HAS[name] if part not in text]

LACKS = {'posts/first.html': ['unseen', 'nothing_of_it', 'nor this', 'a warning', 'hide_me', ':::', '#|', ' 10%', '<Figure>', '\x1b'],
          'lib/tools.html': ['secret', 'default_exp', 'return 2*x', 'WARNING', 'VAR_KEYWORD', '(https:']}

@pytest.mark.parametrize('name', LACKS)
def test_page_lacks(demo, name):
    text = page(demo, name)
    assert not [part for part in LACKS[name] if part in text]

def test_no_duplicate_ids(demo):
    for file in (demo/'_site').rglob('*.html'):
        ids = re.findall(r' id="([^"]*)"', file.read_text())
        assert len(ids) == len(set(ids)), f'{file.name}: {sorted(i for i in ids if ids.count(i) > 1)}'

def test_rerun_notebooks(demo, tmp_path):
    "Notebooks from another folder replace those of the same name; the rest of the site stays"
    write(tmp_path/'again/posts/second.ipynb', raw('title: Second, run again\ndate: 2024-02-03'), code('1', stream('new output')))
    result = build(demo, '--nbs', tmp_path/'again', '--out', tmp_path/'out')
    assert result.returncode == 0, result.stderr
    assert 'new output' in (tmp_path/'out/posts/second.html').read_text()
    assert 'Second, run again' in (tmp_path/'out/posts/first.html').read_text()

def test_foreign_folder_is_left_alone(demo, tmp_path):
    (tmp_path/'thesis.txt').write_text('years of work')
    result = build(demo, '--out', tmp_path)
    assert result.returncode == 1 and 'something else than a site' in result.stderr and (tmp_path/'thesis.txt').exists()

# What the builder refuses: one page for each, all built together

TRACE = dict(output_type='error', ename='ValueError', evalue='no\nway', traceback=['...'])
BROKEN = {
    'figure': ([md('See @fig-none.')], 'unresolved reference @fig-none'),
    'section': ([md('See @sec-none.')], 'unresolved reference @sec-none'),
    'citation': ([md('As @nobody1999 says.')], 'Citeproc: citation nobody1999 not found'),
    'link': ([md('[x](nowhere.ipynb)')], 'dead link: nowhere.html'),
    'site-link': ([md('[x](https://promptlab.github.io/promptlab/no.html)')], 'dead link: ../no.html'),
    'anchor': ([md('[x](#nowhere)')], 'dead anchor: #nowhere'),
    'far-anchor': ([md('[x](index.qmd#nowhere)')], 'dead anchor: index.html#nowhere'),
    'image': ([md('![A picture](no.png)')], 'missing file: no.png'),
    'alt': ([code('#| fig-cap: A plot\nplot()', show(image_svg0xml='<svg xmlns="http://www.w3.org/2000/svg"/>'))],
            'image without alt text: alt_files/figure-html/cell-2-output-1.svg'),
    'html-alt': ([md('<img src="data:,">')], 'image without alt text: data:,'),
    'fence': ([md('a ::: b')], 'leftover ::: in the text: b'),
    'unclosed': ([md('::: {.callout-note}\n\ntext')], 'Div at '),
    'option': ([md('#| echo: false')], 'leftover #| in the text: echo: false'),
    'cell-option': ([code('x = 1\n#| echo: false')], "leftover #| in the cell that begins 'x = 1'"),
    'yaml': ([code('#| fig-cap: a: b\nx')], 'cell options are not YAML: #| fig-cap: a: b'),
    'error': ([code('1/0', TRACE)], 'error output: ValueError: no way'),
    'hidden-error': ([code('#| hide\n1/0', TRACE)], 'error output: ValueError: no way'),
    'traceback': ([code('f()', stream('Traceback (most recent call last):\n  File ...'))], 'traceback in an output'),
    'path': ([code('p', stream("PosixPath('/home/ann/x.csv')"))], 'path of a machine in an output: /home/ann/x.csv'),
    'html-path': ([code('p', show(text_html='<b>file:///tmp/y</b>'))], 'path of a machine in an output: /tmp/y'),
    'elsewhere': ([code('p', show(text_html='<script src="https://cdn.example.org/x.js"></script>'))],
                  'loads from elsewhere: https://cdn.example.org/x.js'),
    'math': ([md(r'$\frac{a}{b$')], 'Could not convert TeX math'),
    'export': ([code('#| default_exp broken'), code('#| export\ndef f(): return 1\nf(1)')], 'nbdev cannot process it'),
}
FINE = [md('A path of one is `/home/ann`, `::: {.note}` opens a div, `#| echo` an option; see https://example.org/home/ and mail@example.org.'),
        code('paths', stream('data/tmp/x.csv and https://example.org/work/ are everywhere'))]

@pytest.fixture(scope='module')
def refused(tmp_path_factory):
    "The lines said about a project with each mistake on a page of its own, and one page with none"
    folder = project(tmp_path_factory.mktemp('broken'))
    for name, (cells, _) in {**BROKEN, 'fine': (FINE, '')}.items():
        write(folder/f'nbs/posts/{name}.ipynb', raw(f'title: {name}\ndescription: Broken.\ndate: 2024-01-01'), *cells)
    write(folder/'nbs/posts/untitled.ipynb', md('No title.'))
    result = build(folder)
    assert result.returncode == 1 and not result.stdout
    return result.stderr.splitlines()

@pytest.mark.parametrize('name', BROKEN)
def test_refused(refused, name):
    lines = [line for line in refused if line.startswith(f'posts/{name}.ipynb: ')]
    assert len(lines) == 1 and BROKEN[name][1] in lines[0], lines

def test_nothing_else_is_refused(refused):
    "Except the listing, which shows the picture that has no alt text"
    assert {line.split(': ')[0] for line in refused} == {f'posts/{name}.ipynb' for name in [*BROKEN, 'untitled']} | {'posts/index.qmd'}

# In a browser

@pytest.fixture(scope='module')
def own(tmp_path_factory):
    "This project's own site"
    out = tmp_path_factory.mktemp('own')/'site'
    result = build(ROOT, '--out', out)
    assert result.returncode == 0, result.stderr
    return out

def test_own_site(own): assert (own/'index.html').exists() and (own/'posts/index.html').exists()

@pytest.fixture(scope='module')
def browser():
    sync = pytest.importorskip('playwright.sync_api', reason='playwright is not installed')
    if not CHROMIUM: pytest.skip('no chromium, chromium-browser or google-chrome on the PATH')
    with sync.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()

WIDER = '''() => [...document.querySelectorAll('body *')].filter(e => {
  for (let a = e.parentElement; a; a = a.parentElement) if (getComputedStyle(a).overflowX !== 'visible') return false
  return e.checkVisibility() && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
}).map(e => e.outerHTML.slice(0, 80))'''

FAINT = '''() => {
  const parse = c => (c.match(/[\\d.]+/g) ?? []).map(Number)
  const light = c => { const [r, g, b] = c.map(v => v/255).map(v => v <= .04045 ? v/12.92 : ((v + .055)/1.055)**2.4); return .2126*r + .7152*g + .0722*b }
  const over = (a, b) => a.slice(0, 3).map((v, i) => v*(a[3] ?? 1) + b[i]*(1 - (a[3] ?? 1)))
  const back = e => e ? over(parse(getComputedStyle(e).backgroundColor), back(e.parentElement)) : [255, 255, 255]  // tints are seen through
  const faint = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest('.paper, math, script, style')) continue
    const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(back(e))].sort((x, y) => y - x)
    if ((a + .05)/(b + .05) < 4.5) faint.add(`${e.tagName}.${e.className} ${((a + .05)/(b + .05)).toFixed(1)}`)
  }
  return [...faint]
}'''

@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [1280, 390])
@pytest.mark.parametrize('site', ['demo', 'own'])
def test_in_browser(browser, request, site, width, scheme):
    "Every page: quiet console, no request elsewhere, nothing too wide, readable colours, folds that open"
    folder = request.getfixturevalue(site)
    folder = folder/'_site' if site == 'demo' else folder
    shots = ROOT/'_build/screenshots'/site
    tab = browser.new_page(viewport=dict(width=width, height=2400), color_scheme=scheme)
    tab.set_default_timeout(120_000)
    said, asked = [], []
    tab.on('console', lambda message: said.append(message.text))
    tab.on('pageerror', lambda error: said.append(str(error)))
    tab.on('request', lambda r: asked.append(r.url))
    for file in sorted(folder.rglob('*.html')):
        tab.goto(file.as_uri())
        name = file.relative_to(folder).as_posix()
        shot = shots/f'{name.removesuffix(".html").replace("/", "-")}-{width}-{scheme}.png'
        tab.screenshot(path=shot)  # the first screens: pages grow too long for one picture
        assert not tab.evaluate(WIDER), f'{name} has things wider than the screen'
        assert not tab.evaluate(FAINT), f'{name} has text of low contrast'
        for fold in tab.locator('main details').all():
            if fold.is_visible() and fold.get_attribute('open') is None:
                fold.locator('summary').first.click()
                assert fold.get_attribute('open') is not None, f'{name}: a fold stays shut'
        assert not tab.evaluate(WIDER), f'{name} has things wider than the screen when folds are open'
    assert not said
    assert all(url.startswith((folder.as_uri(), 'data:')) for url in asked), asked
    tab.close()

def test_axe(browser, npm, own):
    "axe-core finds nothing to object to: contrast, headings, names, landmarks"
    tab, bad = browser.new_page(viewport=dict(width=1280, height=900)), []
    tab.set_default_timeout(120_000)
    rules = {'empty-table-header': {'enabled': False}}  # pandas leaves the corner of a table empty
    for file in sorted(own.rglob('*.html')):
        tab.goto(file.as_uri())
        tab.add_script_tag(path=npm/'axe-core/axe.min.js')
        found = tab.evaluate('rules => axe.run(document, {rules, runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})', rules)
        bad += [(file.relative_to(own).as_posix(), v['id'], v['nodes'][0]['html'][:120], len(v['nodes'])) for v in found['violations']]
    tab.close()
    assert not bad

@pytest.mark.parametrize('width', [1280, 390])
@pytest.mark.parametrize('site', ['demo', 'own'])
def test_listing_and_menu(browser, request, site, width):
    "From the listing to each post and back through the navigation"
    folder = request.getfixturevalue(site)
    listing = (folder/'_site' if site == 'demo' else folder)/'posts/index.html'
    tab = browser.new_page(viewport=dict(width=width, height=900))
    tab.goto(listing.as_uri())
    titles = tab.locator('.post h2 a').all_inner_texts()
    assert titles or site == 'own'
    for title in titles:
        tab.locator('.post h2 a', has_text=title).first.click()
        assert tab.locator('h1').inner_text() == title
        if width < 500: tab.locator('.menu summary').click()
        tab.locator('nav a:visible', has_text='Posts').first.click()
        assert tab.url == listing.as_uri()
    tab.close()
