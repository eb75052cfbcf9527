"""The site: its settings, what the builder shows and refuses, how pages behave.

With `SITE=_docs`, the tests in a browser look at the site in that folder, which Quarto
wrote, in place of the one that `site/build.py` builds.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pypandoc
import pytest
import yaml
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
PAGES = [
    *sorted((ROOT / 'nbs').rglob('*.ipynb')),
    *sorted((ROOT / 'nbs').rglob('*.qmd')),
]
SCHEMA = yaml.safe_load((ROOT / 'tests/quarto.schema.yml').read_text(encoding='utf-8'))
NBDEV = {'default_exp', 'export', 'exports', 'exporti', 'hide', 'slow', 'cuda'}


# What Quarto is told


def wrong(kind, value):
    """Return what is wrong with options of one kind, by Quarto's schema."""
    schema = {'$defs': SCHEMA['$defs'], **SCHEMA[kind]}
    errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
    return [f'{error.json_path}: {error.message}' for error in errors]


def read_front_matter(path):
    """Return the front matter of a page, dates as text."""
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.ipynb':
        text = ''.join(json.loads(text)['cells'][0]['source'])
    head = re.match(r'---\n(.*?)\n---', text, re.S)[1]
    return yaml.load(head, Loader=yaml.BaseLoader), yaml.safe_load(head)


def cell_options(path, directive=''):
    """Return the options of each code cell that has any, and nbdev's directive."""
    if path.suffix != '.ipynb':
        return []
    cells = json.loads(path.read_text(encoding='utf-8'))['cells']
    sources = [''.join(c['source']) for c in cells if c['cell_type'] == 'code']
    heads = [re.match(r'(#\|[^\n]*\n?)*', source)[0] for source in sources]
    lines = [re.findall(r'^#\| ?(.*)', head, re.M) for head in heads]
    lines = [some for some in lines if not directive or directive in some]
    named = [
        [line for line in some if line.split(' ')[0] not in NBDEV] for some in lines
    ]
    return [yaml.safe_load('\n'.join(some)) for some in named if some]


def test_settings():
    settings = yaml.safe_load((ROOT / '_quarto.yml').read_text(encoding='utf-8'))
    assert not wrong('project', settings)
    files = [*settings['filters'], settings['format']['html']['css']]
    files += [settings['website'][key] for key in ('favicon', 'image')]
    assert all((ROOT / 'nbs' / file).is_file() for file in files)
    assert wrong('project', {**settings, 'lightbox': 'yes', 'theme': 'cosmo'})


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.stem)
def test_options(path):
    """Front matter and options of cells have names and values that Quarto knows."""
    texts, values = read_front_matter(path)
    dates = {key: texts[key] for key in values if key == 'date'}
    assert not wrong('page', {**values, **dates})
    found = [problem for some in cell_options(path) for problem in wrong('cell', some)]
    assert not found


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.stem)
def test_exported_cells_have_no_options(path):
    """They would be comments of the module, and the page shows no exported code."""
    found = [some for some in cell_options(path, 'export') if some]
    assert not found


def test_sources_have_an_address():
    text = (ROOT / 'nbs/references.bib').read_text(encoding='utf-8')
    entries = dict(re.findall(r'^@\w+\{([^,]+),(.*)$', text, re.M))
    assert len(entries) == text.count('\n@') + 1, 'a key is there twice'
    lost = [
        key for key, entry in entries.items() if not re.search('(doi|url)={', entry)
    ]
    assert not lost


def filtered(text):
    """Return text as HTML after the filter that both builders share."""
    command = [pypandoc.get_pandoc_path(), '--to=html5', '--wrap=none']
    command += [f'--lua-filter={ROOT / "nbs/content.lua"}']
    run = subprocess.run(command, input=text, capture_output=True, encoding='utf-8')
    assert not run.stderr
    return run.stdout


LIB = 'https://promptlab.github.io/promptlab/lib'
FILTERED = {
    'blank lines': ('```\n\n\ndef lda(\n\n):\n\n```', '<code>def lda():</code>'),
    'arguments': (
        '```\nf(args:VAR_POSITIONAL, kw:VAR_KEYWORD)\n```',
        '<code>f(*args, **kw)</code>',
    ),
    'types': (
        '```\nf(a:Annotated=1, b:Annotated, rng:NoneType=None)\n```',
        '<code>f(a=1, b, rng=None)</code>',
    ),
    'comment': (f'```\nx # [`A`]({LIB}/a.html#a)\n```', '<code>x # `A`</code>'),
    'private name': (f'[`_run`]({LIB}/lm.html#_run)', '<p><code>_run</code></p>'),
    'public name': (f'[`run`]({LIB}/lm.html#run)', f'<a href="{LIB}/lm.html#run">'),
    'figure': ('![Ups](x.png)', 'fig-alt="Ups"'),
    'described': ('![Ups](x.png){fig-alt="a line"}', 'fig-alt="a line"'),
    'section': ('## A *b* {#sec-a}\n\nSee @sec-a.', '">“A <em>b</em>”</a>.'),
    'unknown section': ('See @sec-b.', '@sec-b'),
}


@pytest.mark.parametrize('name', FILTERED)
def test_shared_filter(name):
    text, expected = FILTERED[name]
    assert expected in filtered(text)


def test_tidy(tmp_path):
    """Nothing is loaded from elsewhere, and a feed can be read anywhere."""
    kept = '<script src="site_libs/a.js"></script><script>let a = 1</script>'
    loaded = """<script src="https://cdn.example.org/x.js" integrity="a"></script>
<script type="application/javascript">define('jquery', [], () => window.$)</script>"""
    font = '@import"x.css";@import url("https://example.org/css?w=1;2");a{b:c}'
    feed = '<rss><link>https://a.org/b/posts/index.html</link><a href="../lib/x.html"/>'
    files = {'a.html': kept + loaded, 'deep/b.css': font, 'c.xml': feed, 'd.xml': '<x>'}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run([sys.executable, ROOT / 'site/tidy.py', tmp_path], check=True)
    assert (tmp_path / 'a.html').read_text() == kept
    assert (tmp_path / 'deep/b.css').read_text() == '@import"x.css";a{b:c}'
    assert 'href="https://a.org/b/lib/x.html"' in (tmp_path / 'c.xml').read_text()


def test_check_reads_any_folder(tmp_path):
    post = tmp_path / 'posts/a.html'
    post.parent.mkdir()
    post.write_text(f'<table><tr>{"<td>1</td>" * 6}</tr></table><a href="b.html">b</a>')
    command = [sys.executable, ROOT / 'site/check.py', tmp_path]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1
    assert 'posts/a.html: dead link: b.html' in run.stderr
    assert 'posts/a.html: a table of 6 columns' in run.stdout
    post.write_text('<p>' + 'x' * 1_600_000)
    run = subprocess.run(command, capture_output=True, text=True)
    assert 'posts/a.html: weighs 1.6 MB' in run.stderr


def test_site_is_published_after_its_tests():
    text = (ROOT / '.github/workflows/publish.yml').read_text(encoding='utf-8')
    jobs = yaml.safe_load(text)['jobs']
    assert jobs['test']['uses'] == './.github/workflows/test.yml'
    assert jobs['publish']['needs'] == 'test'
    steps = [step.get('run', step.get('uses')) for step in jobs['publish']['steps']]
    order = [
        'nbdev_docs',
        'WARN',
        'tidy.py',
        'check.py',
        'test_site.py',
        'deploy-pages',
    ]
    places = [next(i for i, s in enumerate(steps) if name in s) for name in order]
    assert places == sorted(places)


# What the builder shows


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
    """Return this project's own site: the one in the folder SITE, or built here."""
    if 'SITE' in os.environ:
        return Path(os.environ['SITE']).resolve()
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
        'href="#sec-why" class="xref">“Why”</a>',
        '<strong>Figure 2:</strong> Loss “falls”',
        'alt="A line &quot;falls&quot; &amp; rises"',
        'href="first_files/figure-html/fig-loss-output-1.png" class="full"><img src=',
        'src="first_files/figure-html/fig-drawn-output-1.svg" alt="Drawn lines"',
        'alt="Ups and downs"',
        'class="interactive" role="group" aria-label="A line &quot;through&quot;',
        '<strong>Figure 4:</strong> Slide',
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
        '<img src="dot.png" class="small" alt="Ups" />',
        'src="second_files/figure-html/cell-3-output-1.png" class="small" alt="Lines"',
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


def open_page(tab, file):
    tab.goto(file.as_uri())
    tab.add_script_tag(content=PAGE_JS)


def problems_on_screens(tab, file, shots, name):
    """Look at a page at two widths, light and dark; take a picture of each."""
    for scheme in ('light', 'dark'):
        tab.emulate_media(color_scheme=scheme)
        open_page(tab, file)
        for width in (1280, 390):
            tab.set_viewport_size({'width': width, 'height': 2400})
            tab.screenshot(path=shots / f'{name}-{width}-{scheme}.png')
            yield from (f'wider than {width} px: {x}' for x in tab.evaluate('wider()'))
            yield from (f'cut at {width} px: {x}' for x in tab.evaluate('clipped()'))
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
        yield from (f'open, cut at {width}: {x}' for x in tab.evaluate('clipped()'))


@pytest.mark.parametrize('site', ['demo', 'own'])
def test_browser_pages(tab, pages, site):
    """Every page: quiet, loads nothing; nothing wide, cut or faint; folds that open."""
    shots, problems = ROOT / '_build/screenshots' / site, []
    tab.on('console', lambda message: problems.append(f'said: {message.text}'))
    tab.on('pageerror', lambda error: problems.append(f'raised: {error}'))
    asked = []
    tab.on('request', lambda request: asked.append(request.url))
    for file in sorted(pages.rglob('*.html')):
        name = file.relative_to(pages).as_posix()
        shot = name.removesuffix('.html').replace('/', '-')
        found = [*problems_on_screens(tab, file, shots, shot), *problems_of_folds(tab)]
        problems += [f'{name}: {problem}' for problem in found]
    assert not problems
    assert all(url.startswith((pages.as_uri(), 'data:')) for url in asked), asked


@pytest.mark.parametrize('site', ['own'])
@pytest.mark.parametrize('width, height', [(1280, 800), (390, 844)])
def test_browser_first_screen(tab, pages, site, width, height):
    """Each post shows its figure and its three points before one scrolls."""
    frame = 100 if 'SITE' in os.environ and width > 1000 else 0  # what Quarto adds
    tab.set_viewport_size({'width': width, 'height': height + frame})
    missing = {}
    for file in sorted((pages / 'posts').glob('*.html')):
        if file.name != 'index.html':
            open_page(tab, file)
            missing[file.stem] = tab.evaluate('missingAtFirst()')
    assert not {post: lacks for post, lacks in missing.items() if lacks}


def with_figures(pages):
    """Return the pages that hold interactive figures."""
    pages = sorted(pages.rglob('*.html'))
    return [file for file in pages if 'class="interactive"' in file.read_text()]


def press(tab, field):
    """Change an input by the keyboard alone."""
    kind = field.get_attribute('type') or 'select'
    key = {'range': 'ArrowRight', 'checkbox': 'Space'}.get(kind, 'ArrowDown')
    before = field.input_value()
    field.focus()
    tab.keyboard.press(key)
    if kind != 'checkbox' and field.input_value() == before:
        tab.keyboard.press({'ArrowRight': 'ArrowLeft'}.get(key, 'ArrowUp'))


def explored(tab, figure):
    """Return what is said as arrow keys lead from mark to mark."""
    said = []
    figure.locator('.drawing [tabindex="0"]').first.focus()
    for key in ('ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp'):
        said.append(figure.locator('output').inner_text())
        tab.keyboard.press(key)
    return said


def problems_of_figure(tab, figure):
    """Use an interactive figure without a mouse."""
    drawing, output = figure.locator('.drawing'), figure.locator('output')
    if figure.locator('.still').is_visible() or not drawing.is_visible():
        yield 'the picture stays'
    for field in figure.locator('.controls [name]').all():
        name = field.get_attribute('name')
        if not field.evaluate('field => field.labels.length'):
            yield f'{name} has no label'
        before = drawing.inner_html(), output.inner_text()
        press(tab, field)
        if drawing.inner_html() == before[0] and output.inner_text() == before[1]:
            yield f'{name} changes nothing'
        elif output.inner_text() == before[1]:
            yield f'{name} changes the picture, but says nothing'
    has_marks = figure.locator('.drawing [tabindex="0"]').count()
    if has_marks and len(set(explored(tab, figure))) < 2:
        yield 'arrow keys lead nowhere'
    if not output.inner_text():
        yield 'says nothing'


@pytest.mark.parametrize('site', ['demo', 'own'])
def test_browser_interactive(tab, pages, site):
    """Inputs change the picture and what is said, by keyboard."""
    files, problems = with_figures(pages), []
    assert files
    for file in files:
        open_page(tab, file)
        for figure in tab.locator('.interactive').all():
            figure.evaluate('f => f.closest("details")?.setAttribute("open", "")')
            found = problems_of_figure(tab, figure)
            problems += [f'{file.stem}: {problem}' for problem in found]
    assert not problems


@pytest.mark.parametrize('site', ['demo', 'own'])
def test_browser_without_javascript(browser, pages, site):
    """A picture stands where an interactive figure would be, without its inputs."""
    tab = browser.new_page(java_script_enabled=False)
    for file in with_figures(pages):
        tab.goto(file.as_uri())
        for figure in tab.locator('.interactive').all():
            assert figure.locator('.still').get_attribute('alt')
            assert figure.locator('.still').is_visible()
            assert not figure.locator('.controls').is_visible()
    tab.close()


AXE = """rules => axe.run(document, {rules, resultTypes: ["violations"], runOnly:
  ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})"""
# pandas leaves the corner of a table empty
AXE_RULES = ['empty-table-header']
# of the frame that Quarto puts around a page
QUARTO_RULES = ['button-name', 'aria-input-field-name', 'landmark-unique']
QUARTO_RULES += ['heading-order']


@pytest.mark.parametrize('site', ['own'])
def test_browser_axe(tab, pages, npm):
    """axe-core finds nothing to object to: contrast, headings, names, landmarks."""
    left_out = AXE_RULES + (QUARTO_RULES if 'SITE' in os.environ else [])
    rules, bad = {rule: {'enabled': False} for rule in left_out}, []
    for file in sorted(pages.rglob('*.html')):
        tab.goto(file.as_uri())
        tab.add_script_tag(path=npm / 'axe-core/axe.min.js')
        for violation in tab.evaluate(AXE, rules)['violations']:
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
