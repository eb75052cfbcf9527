"""The form of code and pages, in numbers: see `python tests/style.py`."""

import pytest
import style
from modules import modules

SOURCES = modules()
PAGES = [page for page in style.pages() if page.path.name[0] != '_']
LIBRARY = [page for page in PAGES if page.path.parent.name == 'lib']
CODE = style.measure_code(SOURCES)
# Classes that are one thing and stand in one cell: lines of code without docstrings.
LONG_CELLS = {}


@pytest.mark.parametrize(
    'number, bound',
    [
        ('line max', 88),
        (';', 0),
        ('1-letter %', 15),
        ('function p90', 30),
        ('function max', 60),
        ('nodes p90', 14),
    ],
)
def test_package(number, bound):
    worst = style.code_table(SOURCES)[number].nlargest(3)
    assert CODE[number] <= bound, worst.to_dict()


@pytest.mark.parametrize('source', SOURCES, ids=lambda source: source.name)
def test_public_parameters_are_documented(source):
    missing, _ = style.undocumented(source)
    assert not missing


@pytest.mark.parametrize('folder', ['lib', 'posts'])
def test_cells_are_short(folder):
    pages = [page for page in PAGES if page.path.parent.name == folder]
    assert style.measure_pages(pages)['cell median'] <= 8
    long = {
        cell.first_line: cell.n_lines
        for page in pages
        for cell in page.cells
        if cell.n_lines > 40
    }
    assert not {name: n for name, n in long.items() if n > LONG_CELLS.get(name, 40)}


def test_definitions_are_followed_by_a_test():
    untested = [cell.first_line for page in PAGES for cell in page.untested]
    assert style.measure_pages(PAGES)['tested %'] >= 90, untested


def test_extensions_are_short():
    """On the page about extending, each class and function has at most 15 lines."""
    (page,) = [page for page in PAGES if page.path.stem == 'extending']
    lengths = {
        node.name: node.end_lineno - node.lineno + 1
        for cell in page.cells
        for node in cell.tree.body
        if isinstance(node, style.DEFINITIONS)
    }
    bases = [name for name in lengths if name[0].isupper()]
    assert len(bases) >= 8
    assert not {name: n for name, n in lengths.items() if n > 15}
