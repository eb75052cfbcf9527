"""The readable site: what the builder shows, what it refuses, how pages behave."""

import re
from itertools import product
from pathlib import Path

import pytest
from demo_site import (
    BROKEN,
    broken_project,
    build,
    code,
    contents,
    demo_project,
    raw,
    stream,
    write,
)

ROOT = Path(__file__).resolve().parent.parent
PAGE_JS = (ROOT / 'tests/page.js').read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    """Return a project that uses every feature, built once."""
    folder = demo_project(tmp_path_factory.mktemp('demo'))
    before = contents(folder)
    result = build(folder)
    after = contents(folder)
    assert result.returncode == 0, result.stderr
    assert {p: after.get(p) for p in before} == before, 'the build changed the project'
    assert all(p.is_relative_to(folder / '_site') for p in after.keys() - before.keys())
    assert result.stdout.splitlines()[-1] == '6 pages: _site/index.html'
    return folder


@pytest.fixture(scope='module')
def own(tmp_path_factory):
    """Return this project's own site."""
    out = tmp_path_factory.mktemp('own') / 'site'
    result = build(ROOT, '--out', out)
    assert result.returncode == 0, result.stderr
    return out


def read_page(demo, name):
    return re.sub(r'\s+', ' ', (demo / '_site' / name).read_text())


HAS = {
    'posts/first.html': [
        '<title>First post · promptlab</title>',
        '<meta name="description" content="What is measured first.">',
        '<h1>First <em>post</em></h1>',
        'A. Author · <time>2024-01-02</time> <span class="tag">one</span>',
        '<span class="tag">one</span> <span class="tag">two</span>',
        'href="#fig-loss" class="xref">Figure 2</a>',
        'class="xref">Figure 3</a>',
        'href="#fig-file" class="xref">Figure 1</a>',
        'href="#tbl-plain" class="xref">Table 1</a>',
        'href="#tbl-scores" class="xref">Table 2</a>',
        'class="xref">Equation 1</a>',
        'href="#sec-why" class="xref">Section 1</a>',
        '<strong>Figure 2:</strong> Loss “falls”',
        'alt="A line &quot;falls&quot; &amp; rises"',
        'src="first_files/figure-html/fig-loss-output-1.png"',
        'src="first_files/figure-html/fig-drawn-output-1.svg" alt="Drawn lines"',
        'alt="Ups and downs"',
        '<strong>Table 2:</strong> Scores of <math',
        '<strong>Table 1:</strong> A plain table',
        '</math> (1) </div> <p>as everyone knows',
        '<p class="callout-title"><span>Mind the seed</span></p>',
        '<details> <summary class="callout-title"><span>Folded</span></summary>',
        'Vaswani (<a href="#ref-vaswani2017" role="doc-biblioref">2017</a>)',
        'Attention Is All You Need',
        '<math display="block"',
        '<details class="fold"> <summary> Set up </summary>',
        '<code>red 100%</code>',
        '<code>seen output</code>',
        'seen_code',
        '<strong>bold</strong>',
        '<div class="scroll paper" tabindex="0">',
        '<div class="scroll" tabindex="0"><table border="1"',
        '<a href="../lib/tools.html#double"><code>double</code></a>',
        '<a href="../lib/tools.html#double">the tools</a>',
        '<a href="../lib/tools.html">more</a>',
        '<a rel="next" href="second.html"><small>Next</small> Second</a>',
        'href="#then"',
    ],
    'posts/second.html': [
        '<a rel="prev" href="first.html"><small>Previous</small> First post</a>',
        'class="xref">“Another part”</a>',
        '<details class="fold"> <summary> Code </summary>',
        '<a href="second.html" aria-current="page">Second</a>',
    ],
    'posts/index.html': [
        '<a href="first.html">First <em>post</em></a>',
        '<a href="second.html">Second</a>',
        'What is measured first.',
        '2024-01-02 <span class="tag">one</span>',
        '<img src="dot.png" alt="Ups" />',
        '<img src="second_files/figure-html/cell-3-output-1.png" alt="Lines" />',
    ],
    'lib/tools.html': [
        'id="double"',
        'sees <code>_quiet</code>',
        '# what `double` takes',
        '<span class="op">**</span>more',
        'Twice <code>x</code>',
        '# any number',
        'blob/main/promptlab/tools.py#L',
        '<code>8</code>',
        '<summary> Exported source </summary>',
        '<a href="../index.html">Home</a>',
        '<a href="tools.html" aria-current="page">tools</a>',
    ],
    'index.html': [
        '<a href="posts/index.html">the posts</a>',
        '<a href="index.html" aria-current="page">Home</a>',
        'href="styles.css"',
    ],
}


@pytest.mark.parametrize('name', HAS)
def test_page_has(demo, name):
    text = read_page(demo, name)
    assert not [part for part in HAS[name] if part not in text]


LACKS = {
    'posts/first.html': [
        'unseen',
        'nothing_of_it',
        'nor this',
        'a warning',
        'hide_me',
        ':::',
        '#|',
        ' 10%',
        '<Figure>',
        '\x1b',
    ],
    'lib/tools.html': [
        'secret',
        'default_exp',
        'return 2*x',
        'WARNING',
        'VAR_KEYWORD',
        '(https:',
    ],
}


@pytest.mark.parametrize('name', LACKS)
def test_page_lacks(demo, name):
    text = read_page(demo, name)
    assert not [part for part in LACKS[name] if part in text]


@pytest.mark.parametrize('site', ['demo', 'own'])
def test_no_duplicate_ids(request, site):
    for file in request.getfixturevalue(site).rglob('*.html'):
        ids = re.findall(r'\sid="([^"]*)"', file.read_text())
        twice = sorted({name for name in ids if ids.count(name) > 1})
        assert not twice, file.name


def test_rerun_notebooks(demo, tmp_path):
    """Notebooks of another folder replace those of the same name; the rest stays."""
    write(
        tmp_path / 'again/posts/second.ipynb',
        raw('title: Second, run again\ndate: 2024-02-03'),
        code('1', stream('new output')),
    )
    result = build(demo, '--nbs', tmp_path / 'again', '--out', tmp_path / 'out')
    assert result.returncode == 0, result.stderr
    assert 'new output' in (tmp_path / 'out/posts/second.html').read_text()
    assert 'Second, run again' in (tmp_path / 'out/posts/first.html').read_text()


def test_foreign_folder_is_left_alone(demo, tmp_path):
    (tmp_path / 'thesis.txt').write_text('years of work')
    result = build(demo, '--out', tmp_path)
    assert result.returncode == 1
    assert 'something else than a site' in result.stderr
    assert (tmp_path / 'thesis.txt').exists()


# What the builder refuses


@pytest.fixture(scope='module')
def refusals(tmp_path_factory):
    """Return what is said about a project of mistakes."""
    result = build(broken_project(tmp_path_factory.mktemp('broken')))
    assert result.returncode == 1
    assert not result.stdout
    return result.stderr.splitlines()


@pytest.mark.parametrize('name', BROKEN)
def test_refused(refusals, name):
    lines = [line for line in refusals if line.startswith(f'posts/{name}.ipynb: ')]
    assert len(lines) == 1, lines
    assert BROKEN[name][1] in lines[0]


def test_nothing_else_is_refused(refusals):
    """Except the listing, which shows the picture that has no alt text."""
    known = {f'posts/{name}.ipynb' for name in [*BROKEN, 'untitled']}
    assert {line.split(': ')[0] for line in refusals} == known | {'posts/index.qmd'}


# In a browser


@pytest.fixture
def pages(request, site):
    """Return the folder of a built site."""
    folder = request.getfixturevalue(site)
    return folder / '_site' if site == 'demo' else folder


@pytest.mark.parametrize('site', ['demo', 'own'])
def test_site_is_built(pages, site):
    assert (pages / 'index.html').exists()
    assert (pages / 'posts/index.html').exists()


@pytest.fixture
def tab(browser):
    tab = browser.new_page(viewport={'width': 1280, 'height': 2400})
    tab.set_default_timeout(120_000)
    yield tab
    tab.close()


def problems_on_screens(tab, shots, name):
    """Look at a page at two widths, light and dark; take a picture of each."""
    for width, scheme in product((1280, 390), ('light', 'dark')):
        tab.set_viewport_size({'width': width, 'height': 2400})
        tab.emulate_media(color_scheme=scheme)
        tab.screenshot(path=shots / f'{name}-{width}-{scheme}.png')
        yield from (f'wider than {width} px: {x}' for x in tab.evaluate('wider()'))
        yield from (f'faint, {scheme}: {x}' for x in tab.evaluate('faint()'))


def problems_of_folds(tab):
    """Open every fold, and look at the page again."""
    for fold in tab.locator('main details').all():
        if fold.is_visible() and fold.get_attribute('open') is None:
            fold.locator('summary').first.click()
            if fold.get_attribute('open') is None:
                yield 'a fold stays shut'
    for width in (1280, 390):
        tab.set_viewport_size({'width': width, 'height': 2400})
        yield from (f'open, wider than {width}: {x}' for x in tab.evaluate('wider()'))


@pytest.mark.parametrize('site', ['demo', 'own'])
def test_in_browser(tab, pages, site):
    """Every page: quiet, nothing loaded, nothing too wide or faint, folds that open."""
    shots, problems = ROOT / '_build/screenshots' / site, []
    tab.on('console', lambda message: problems.append(f'said: {message.text}'))
    tab.on('pageerror', lambda error: problems.append(f'raised: {error}'))
    asked = []
    tab.on('request', lambda request: asked.append(request.url))
    for file in sorted(pages.rglob('*.html')):
        name = file.relative_to(pages).as_posix()
        tab.goto(file.as_uri())
        tab.add_script_tag(content=PAGE_JS)
        shot = name.removesuffix('.html').replace('/', '-')
        found = [*problems_on_screens(tab, shots, shot), *problems_of_folds(tab)]
        problems += [f'{name}: {problem}' for problem in found]
    assert not problems
    assert all(url.startswith((pages.as_uri(), 'data:')) for url in asked), asked


AXE = """rules => axe.run(document, {rules, resultTypes: ["violations"], runOnly:
  ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})"""
# pandas leaves the corner of a table empty
AXE_RULES = {'empty-table-header': {'enabled': False}}


@pytest.mark.parametrize('site', ['own'])
def test_axe(tab, pages, npm):
    """axe-core finds nothing to object to: contrast, headings, names, landmarks."""
    bad = []
    for file in sorted(pages.rglob('*.html')):
        tab.goto(file.as_uri())
        tab.add_script_tag(path=npm / 'axe-core/axe.min.js')
        for violation in tab.evaluate(AXE, AXE_RULES)['violations']:
            first, count = violation['nodes'][0]['html'][:120], len(violation['nodes'])
            name = file.relative_to(pages).as_posix()
            bad.append((name, violation['id'], first, count))
    assert not bad


@pytest.mark.parametrize('width', [1280, 390])
@pytest.mark.parametrize('site', ['demo', 'own'])
def test_listing_and_menu(tab, pages, site, width):
    """From the listing to each post and back through the navigation."""
    listing = (pages / 'posts/index.html').as_uri()
    tab.set_viewport_size({'width': width, 'height': 900})
    tab.goto(listing)
    titles = tab.locator('.post h2 a').all_inner_texts()
    assert titles
    for title in titles:
        tab.locator('.post h2 a', has_text=title).first.click()
        assert tab.locator('h1').inner_text() == title
        if width < 500:
            tab.locator('.menu summary').click()
        tab.locator('nav a:visible', has_text='Posts').first.click()
        assert tab.url == listing
