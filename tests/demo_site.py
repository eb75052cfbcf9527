"""Small projects for the tests of the site: one uses all it has, one has mistakes."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from promptlab.report import interactive_figure

ROOT = Path(__file__).resolve().parent.parent


# Cells


def md(text):
    return {'cell_type': 'markdown', 'metadata': {}, 'source': text}


def raw(text):
    return {'cell_type': 'raw', 'metadata': {}, 'source': f'---\n{text}\n---'}


def code(source, *outputs):
    return {
        'cell_type': 'code',
        'metadata': {},
        'source': source,
        'execution_count': None,
        'outputs': list(outputs),
    }


def stream(text, name='stdout'):
    return {'output_type': 'stream', 'name': name, 'text': text}


def show(**data):
    """Return an output; `text_html` stands for text/html, `0` for a plus."""
    named = {k.replace('_', '/').replace('0', '+'): value for k, value in data.items()}
    return {'output_type': 'display_data', 'metadata': {}, 'data': named}


def write(path, *cells):
    """Write a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{**cell, 'id': f'c{i}'} for i, cell in enumerate(cells)]
    notebook = {'cells': cells, 'metadata': {}, 'nbformat': 4, 'nbformat_minor': 5}
    path.write_text(json.dumps(notebook))


def plot(form):
    """Return a real figure, as matplotlib saves it."""
    from matplotlib.figure import Figure

    figure, file = Figure(figsize=(6, 3)), io.BytesIO()
    figure.subplots().plot([1, 3, 2, 4], marker='o')
    figure.savefig(file, format=form)
    data = file.getvalue()
    return base64.b64encode(data).decode() if form == 'png' else data.decode()


def wide_table():
    """Return a table of numbers wider than a phone."""
    return pd.DataFrame({f'column {i}': [i * 1.5, i * 2.5] for i in range(15)})


def moving_figure():
    """Return an interactive figure with each kind of input, and marks to explore."""
    from matplotlib.figure import Figure

    script = """
const { x, y, plane } = axes({ x: [0, 3], y: [0, 9], xLabel: 'place', yLabel: 'size' })
const line = add(plane, 'path', { stroke: colours[0] })
const marks = data.map((n, i) => add(plane, 'circle', { cx: x(i), r: 5 }))
explore(marks, (i) => `mark ${i}`)
watch(({ factor, sign, isRound }) => {
  const sizes = data.map((n) => n * factor * (sign === 'up' ? 1 : 0.5) + isRound)
  line.setAttribute('d', path(sizes.map((n, i) => [x(i), y(n)])))
  marks.forEach((mark, i) => mark.setAttribute('cy', y(sizes[i])))
  say(`The last is ${sizes[3]}.`)
})"""
    controls = """
<label>Factor <input type="range" name="factor" min="1" max="3" value="1"></label>
<label>Sign
<select name="sign"><option>up</option><option>down</option></select></label>
<label><input type="checkbox" name="isRound"> rounded</label>"""
    label = 'A line "through" four marks'
    page = interactive_figure(Figure((6, 3)), [0, 1, 2, 3], script, label, controls)
    return page._repr_html_()


# Projects


def project(folder):
    """Write this project's settings, stylesheet and page list, and a home page."""
    copied = ('settings.ini', '_quarto.yml')
    copied += ('nbs/styles.css', 'nbs/favicon.svg', 'nbs/posts/index.qmd')
    for file in copied:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, folder / file)
    (folder / 'promptlab').mkdir()
    (folder / 'promptlab' / '__init__.py').write_text('')
    (folder / 'results').mkdir()
    text = '---\ntitle: Architecture\n---\nModules.'
    (folder / 'nbs/architecture.qmd').write_text(text)
    head = raw('title: A small laboratory\ndescription: Home.')
    write(folder / 'nbs/index.ipynb', head, md('Read [the posts](posts/index.qmd).'))
    return folder


def build(folder, *args):
    """Run the builder in `folder`."""
    command = [sys.executable, ROOT / 'site/build.py', *args]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=600
    )


def contents(folder):
    """Return a digest of each file."""
    files = [path for path in folder.rglob('*') if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in files}


# The one that uses everything

BIBLIOGRAPHY = """@article{vaswani2017,
  title={Attention is all you need}, author={Vaswani, Ashish}, year={2017}
}"""

FIRST_HEAD = """title: First *post*
description: What is measured first.
date: 2024-01-02
author: A. Author
categories: [one, two]
bibliography: ../references.bib
image: dot.png
image-alt: Ups"""

FIRST = r"""
The model is @vaswani2017. See @fig-loss, @fig-drawn, @fig-file, @tbl-scores,
@tbl-plain, @eq-mean and @sec-why. It is made by `double` of `promptlab.tools`, and
[the tools](../lib/tools.ipynb#double) say
[more](https://promptlab.github.io/promptlab/lib/tools.html).

## Why {#sec-why}

The mean is $\bar x$, in full
$$\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i + a + b + c + d + e + f + g + h + i + j + k
+ l + m + n + o + p + q + r$$ {#eq-mean}
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
"""

DOUBLE = """#| export
def double(
    x:int, # any number
) -> int: # twice as much
    "Twice `x`"
    return 2*x"""

KIND = """#| export
def _quiet(): pass
class Kind:
    def __init__(self,
        x, # what `double` takes
        **more): pass"""

SET_UP = """#| code-fold: true
#| code-summary: "Set up"
#| hide_me: no
import math"""

LOSS = """#| label: fig-loss
#| fig-cap: Loss "falls"
#| fig-alt: A line "falls" & rises
plot()"""

DRAWN = """#| label: fig-drawn
#| fig-cap: Drawn
#| fig-alt: Drawn lines
plot()"""

MOVING = """#| label: fig-moving
#| fig-cap: Slide
figure"""

SCORES = """#| label: tbl-scores
#| tbl-cap: Scores of $k$ prompts
table"""

SECOND = """## A part

See @sec-a.

## Another part {#sec-a}

### Deeper

Text."""


def first_post():
    """Return the cells of a post with every kind of output."""
    styled = wide_table().style.background_gradient().to_html()
    return [
        raw(FIRST_HEAD),
        md(FIRST),
        md('## Then'),
        code(SET_UP, stream('\x1b[31mred\x1b[0m\n 10%\r100%\n')),
        code('#| echo: false\nunseen_code()', stream('seen output')),
        code('#| output: false\nseen_code()', stream('unseen output')),
        code('#| include: false\nnothing_of_it()', stream('nor this')),
        code('#| warning: false\nwarns()', stream('a warning', 'stderr')),
        code(LOSS, show(image_png=plot('png'), text_plain='<Figure>')),
        code(DRAWN, show(image_svg0xml=plot('svg'))),
        code(MOVING, show(text_html=moving_figure(), text_plain='a figure')),
        code(SCORES, show(text_html=wide_table().to_html(), text_plain='x')),
        code('styled', show(text_html=styled)),
        code('md', show(text_markdown='Some **bold** output')),
        code(
            f'long = {list(range(60))}', stream('9' * 200), show(text_plain='7 ' * 200)
        ),
    ]


def demo_project(folder):
    """Write a project that uses every feature."""
    nbs = project(folder) / 'nbs'
    (nbs / 'references.bib').write_text(BIBLIOGRAPHY)
    (nbs / 'posts' / 'dot.png').write_bytes(base64.b64decode(plot('png')))
    write(
        nbs / 'lib/tools.ipynb',
        raw('title: tools\ndescription: Small things.'),
        code('#| default_exp tools'),
        code('#| hide\nsecret = 1'),
        code(DOUBLE),
        code(KIND),
        md('Nobody sees `_quiet`.'),
        code('double(4)', show(text_plain='8')),
        code('#| exports\nhalf = .5'),
        md('The end.'),
    )
    write(nbs / 'posts/first.ipynb', *first_post())
    write(
        nbs / 'posts/second.ipynb',
        raw('title: Second\ndescription: And then.\ndate: 2024-02-03\ncode-fold: true'),
        md(SECOND),
        code('#| fig-alt: Lines\nplot()', show(image_png=plot('png'))),
    )
    return folder


# What the builder refuses: one page for each mistake, and what it says of it

TRACE = {
    'output_type': 'error',
    'ename': 'ValueError',
    'evalue': 'no\nway',
    'traceback': ['...'],
}
BROKEN = {
    'figure': ([md('See @fig-none.')], 'unresolved reference @fig-none'),
    'section': ([md('See @sec-none.')], 'unresolved reference @sec-none'),
    'citation': (
        [md('As @nobody1999 says.')],
        'Citeproc: citation nobody1999 not found',
    ),
    'link': ([md('[x](nowhere.ipynb)')], 'dead link: nowhere.html'),
    'site-link': (
        [md('[x](https://promptlab.github.io/promptlab/no.html)')],
        'dead link: ../no.html',
    ),
    'anchor': ([md('[x](#nowhere)')], 'dead anchor: #nowhere'),
    'far-anchor': ([md('[x](index.qmd#nowhere)')], 'dead anchor: index.html#nowhere'),
    'image': ([md('![A picture](no.png)')], 'missing file: no.png'),
    'alt': (
        [
            code(
                '#| fig-cap: A plot\nplot()',
                show(image_svg0xml='<svg xmlns="http://www.w3.org/2000/svg"/>'),
            )
        ],
        'image without alt text: alt_files/figure-html/cell-2-output-1.svg',
    ),
    'html-alt': ([md('<img src="data:,">')], 'image without alt text: data:,'),
    'fence': ([md('a ::: b')], 'leftover ::: in the text: b'),
    'unclosed': ([md('::: {.callout-note}\n\ntext')], 'Div at '),
    'option': ([md('#| echo: false')], 'leftover #| in the text: echo: false'),
    'cell-option': (
        [code('x = 1\n#| echo: false')],
        "leftover #| in the cell that begins 'x = 1'",
    ),
    'yaml': (
        [code('#| fig-cap: a: b\nx')],
        'cell options are not YAML: #| fig-cap: a: b',
    ),
    'error': ([code('1/0', TRACE)], 'error output: ValueError: no way'),
    'hidden-error': ([code('#| hide\n1/0', TRACE)], 'error output: ValueError: no way'),
    'traceback': (
        [code('f()', stream('Traceback (most recent call last):\n  File ...'))],
        'traceback in an output',
    ),
    'path': (
        [code('p', stream("PosixPath('/home/ann/x.csv')"))],
        'path of a machine in an output: /home/ann/x.csv',
    ),
    'html-path': (
        [code('p', show(text_html='<b>file:///tmp/y</b>'))],
        'path of a machine in an output: /tmp/y',
    ),
    'elsewhere': (
        [code('p', show(text_html='<script src="https://cdn.example.org/x.js">'))],
        'loads from elsewhere: https://cdn.example.org/x.js',
    ),
    'math': ([md(r'$\frac{a}{b$')], 'Could not convert TeX math'),
    'export': (
        [code('#| default_exp broken'), code('#| export\ndef f(): return 1\nf(1)')],
        'nbdev cannot process it',
    ),
}
FINE = [
    md(
        'A path of one is `/home/ann`, `::: {.note}` opens a div, `#| echo` an option; '
        'see https://example.org/home/ and mail@example.org.'
    ),
    code('p', stream('data/tmp/x.csv and https://example.org/work/ are everywhere')),
]


def broken_project(folder):
    """Write a project with each mistake on a page of its own, and one without."""
    posts = project(folder) / 'nbs/posts'
    for name, (cells, _) in {**BROKEN, 'fine': (FINE, '')}.items():
        head = raw(f'title: {name}\ndescription: Broken.\ndate: 2024-01-01')
        write(posts / f'{name}.ipynb', head, *cells)
    write(posts / 'untitled.ipynb', md('No title.'))
    return folder
