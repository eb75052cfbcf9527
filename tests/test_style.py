"""The form of code and pages, in numbers: see `python tests/style.py`."""

import ast

import pytest
import style
from modules import ROOT, modules

NAMES = sorted(p.stem for p in (ROOT / 'promptlab').glob('*.py') if p.name[0] != '_')
# A class stands whole in one cell, however many methods it has.
LONG_CELL, LONG_CLASS = 40, 200


@pytest.fixture(scope='module')
def sources():
    return {source.name: source for source in modules()}


@pytest.fixture(scope='module')
def numbers(sources):
    return style.code_table([*sources.values()])


@pytest.fixture(scope='module')
def pages():
    return [page for page in style.pages() if page.path.name[0] != '_']


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
def test_package(numbers, number, bound):
    worst = numbers[number].nlargest(4)
    assert numbers[number]['all'] <= bound, worst.to_dict()


@pytest.mark.parametrize('name', NAMES)
def test_public_parameters_are_documented(sources, name):
    missing, _ = style.undocumented(sources[name])
    assert not missing


def longest(cell):
    kinds = {type(node) for node in cell.tree.body}
    is_class = kinds == {ast.ClassDef} and len(cell.tree.body) == 1
    is_imports = kinds <= {ast.Import, ast.ImportFrom}
    return LONG_CLASS if is_class or is_imports else LONG_CELL


@pytest.mark.parametrize('folder', ['lib', 'posts'])
def test_cells_are_short(pages, folder):
    pages = [page for page in pages if page.path.parent.name == folder]
    assert style.measure_pages(pages)['cell median'] <= 10
    long = {
        cell.first_line: cell.n_lines
        for page in pages
        for cell in page.cells
        if cell.n_lines > longest(cell) and not cell.is_import
    }
    assert not long


def test_imports_stand_alone(pages):
    """To render a page, nbdev runs its cells with imports, and warns of other code."""
    mixed = [
        (page.path.stem, cell.first_line)
        for page in pages
        for cell in page.cells
        if any(isinstance(node, style.IMPORTS) for node in cell.tree.body)
        and not (cell.is_import or cell.is_export)
    ]
    assert not mixed


def test_definitions_are_followed_by_a_test(pages):
    untested = [cell.first_line for page in pages for cell in page.untested]
    assert style.measure_pages(pages)['tested %'] >= 90, untested


def test_extensions_are_short(pages):
    """On the page about extending, each class and function has at most 15 lines."""
    (page,) = [page for page in pages if page.path.stem == 'extending']
    lengths = {
        node.name: node.end_lineno - node.lineno + 1
        for cell in page.cells
        for node in cell.tree.body
        if isinstance(node, style.DEFINITIONS)
    }
    classes = [name for name in lengths if name[0].isupper()]
    assert len(classes) >= 8
    assert not {name: n for name, n in lengths.items() if n > 15}
