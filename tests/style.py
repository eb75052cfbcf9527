"""Measure how readable the package and its notebooks are.

`python tests/style.py [--modules lm data] [--folder promptlab]` prints one row of
numbers per module, and one per page. `tests/test_style.py` asserts those with a bound.
"""

import argparse
import ast
import json
import re
import tokenize
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from modules import (
    ROOT,
    Source,
    cycles,
    import_graph,
    modules,
    names_in_two_modules,
    upward_imports,
)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)


# Modules


def semicolons(source: Source) -> int:
    """Count the semicolons that separate statements."""
    with source.path.open('rb') as file:
        tokens = list(tokenize.tokenize(file.readline))
    return sum(token.type == tokenize.OP and token.string == ';' for token in tokens)


def bound_names(tree: ast.AST) -> list[str]:
    """List the names that are bound: assigned, imported as, arguments, definitions."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
        elif isinstance(node, DEFINITIONS):
            names.append(node.name)
        elif isinstance(node, ast.alias) and node.asname:
            names.append(node.asname)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.append(node.name)
    return [name for name in names if name not in ('_', 'self', 'cls')]


def nodes_per_line(tree: ast.AST) -> list[int]:
    """Count the syntax nodes that begin on each line that has any."""
    counts = Counter(node.lineno for node in ast.walk(tree) if hasattr(node, 'lineno'))
    return list(counts.values())


def function_lengths(source: Source) -> list[int]:
    """Count the lines of each function, docstring included, blank lines left out."""
    lines = source.text.splitlines()
    return [
        sum(
            bool(line.strip()) for line in lines[first_line(node) - 1 : node.end_lineno]
        )
        for node in ast.walk(source.tree)
        if isinstance(node, FUNCTIONS)
    ]


def first_line(node: ast.AST) -> int:
    """Return the line of the first decorator, or of the definition."""
    decorators = getattr(node, 'decorator_list', [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


# Documented parameters


def documented_names(docstring: str | None) -> set[str]:
    """Return the parameters and attributes that a NumPy docstring describes."""
    sections = re.split(r'^ *(\w[\w ]*)\n *-{3,}$', docstring or '', flags=re.M)
    names = set()
    for title, body in zip(sections[1::2], sections[2::2], strict=True):
        if title in ('Parameters', 'Other Parameters', 'Attributes'):
            for line in re.findall(r'^ *(\*{0,2}\w[\w, *]*)(?: :|$)', body, re.M):
                names |= {name.strip(' *') for name in line.split(',')}
    return names


def commented_names(source: Source, function: ast.FunctionDef) -> set[str]:
    """Return the parameters with a comment or a typer help text beside them."""
    lines = source.text.splitlines()
    named = set()
    for argument in all_arguments(function):
        last = (argument.annotation or argument).end_lineno
        alone = lines[argument.lineno - 1].strip().lstrip('*').startswith(argument.arg)
        helped = argument.annotation and 'help=' in ast.unparse(argument.annotation)
        if (alone and '  #' in lines[last - 1]) or helped:
            named.add(argument.arg)
    return named


def all_arguments(function: ast.FunctionDef) -> list[ast.arg]:
    """List a function's parameters except `self` and `cls`."""
    args = function.args
    found = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
    return [arg for arg in found if arg and arg.arg not in ('self', 'cls')]


def public_functions(source: Source) -> list[tuple[str, ast.FunctionDef, str | None]]:
    """List public functions and methods with the docstring that describes them.

    The parameters of `__init__` are described by its class, as NumPy's standard asks.
    """
    found = []
    for node in source.tree.body:
        if getattr(node, 'name', '_')[0] == '_':
            continue
        if isinstance(node, FUNCTIONS):
            found.append((node.name, node, ast.get_docstring(node)))
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if not isinstance(method, FUNCTIONS):
                    continue
                name = f'{node.name}.{method.name}'
                if method.name == '__init__':
                    own = ast.get_docstring(method) or ''
                    doc = f'{ast.get_docstring(node) or ""}\n{own}'
                    found.append((name, method, doc))
                elif method.name[0] != '_':
                    found.append((name, method, ast.get_docstring(method)))
    return found


def aliases(source: Source) -> dict[str, str]:
    """Return annotations with a name, at the top or in a class: `Options.seed`."""
    named = {}
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and hasattr(node.targets[0], 'id'):
            named[node.targets[0].id] = ast.unparse(node.value)
        elif isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and hasattr(line.targets[0], 'id'):
                    name = f'{node.name}.{line.targets[0].id}'
                    named[name] = ast.unparse(line.value)
    return named


@cache
def class_definitions(folder: Path) -> dict[str, ast.ClassDef]:
    """Return the classes of all modules by name."""
    return {
        node.name: node
        for source in modules(folder)
        for node in source.tree.body
        if isinstance(node, ast.ClassDef)
    }


def inherited_docs(name: str, classes: dict[str, ast.ClassDef]) -> str:
    """Return the docstrings of the methods that `Class.method` overrides."""
    owner, _, method = name.partition('.')
    docs = []
    for base in classes[owner].bases if owner in classes else ():
        base_name = ast.unparse(base).split('[')[0]
        for node in classes[base_name].body if base_name in classes else ():
            if isinstance(node, FUNCTIONS) and node.name == method:
                docs.append(ast.get_docstring(node) or '')
        docs.append(inherited_docs(f'{base_name}.{method}', classes))
    return '\n'.join(docs)


def undocumented(source: Source) -> tuple[list[str], int]:
    """Return the undescribed parameters, and how many public parameters there are.

    A method that overrides one of the package's may leave the description to it.
    """
    missing, total = [], 0
    named, classes = aliases(source), class_definitions(source.path.parent)
    for name, function, docstring in public_functions(source):
        known = documented_names(docstring) | commented_names(source, function)
        known |= documented_names(inherited_docs(name, classes))
        for argument in all_arguments(function):
            total += 1
            annotation = ast.unparse(argument.annotation) if argument.annotation else ''
            helped = 'help=' in named.get(annotation, '') or 'Context' in annotation
            if argument.arg not in known and not helped:
                missing.append(f'{name}({argument.arg})')
    return missing, total


# Notebooks


@dataclass
class CodeCell:
    """A code cell: its lines, and what it is for."""

    text: str
    options: set[str]
    tree: ast.Module

    @property
    def is_import(self) -> bool:
        """Whether it only imports."""
        return all(isinstance(node, IMPORTS) for node in self.tree.body)

    @property
    def is_export(self) -> bool:
        """Whether it defines something for the package."""
        exports = bool({'export', 'exports', 'exporti'} & self.options)
        return exports and not self.is_import

    @property
    def is_use(self) -> bool:
        """Whether it does something other than to import or to define."""
        return not {'export', 'exports', 'exporti'} & self.options and any(
            not isinstance(node, (*IMPORTS, *DEFINITIONS)) for node in self.tree.body
        )

    @property
    def first_line(self) -> str:
        """The first definition, or else the first line of code."""
        lines = [line for line in self.text.splitlines() if not line.startswith('#')]
        named = [line for line in lines if line.startswith(('def ', 'class '))]
        return (named or lines or [''])[0]

    @property
    def n_lines(self) -> int:
        """How many lines there are that are not blank, a comment or in a docstring."""
        skipped = set()
        for node in ast.walk(self.tree):
            if isinstance(node, (*DEFINITIONS, ast.Module)) and ast.get_docstring(node):
                docstring = node.body[0]
                skipped |= set(range(docstring.lineno, docstring.end_lineno + 1))
        numbered = enumerate(self.text.splitlines(), 1)
        return sum(
            bool(line.strip()) and line.strip()[0] != '#' and number not in skipped
            for number, line in numbered
        )

    @property
    def n_lines_with_docs(self) -> int:
        """How many lines there are that are not blank or an option of the cell."""
        lines = [line.strip() for line in self.text.splitlines()]
        return sum(bool(line) and not line.startswith('#|') for line in lines)


@dataclass
class Page:
    """A notebook: the module it exports, if any, and its code cells."""

    path: Path
    module: str | None
    cells: list[CodeCell]
    has_prose: bool = True

    @property
    def untested(self) -> list[CodeCell]:
        """The exporting cells without a test or a use before the next one."""
        untested, waiting = [], None
        for cell in self.cells:
            if cell.is_export:
                untested += [waiting] if waiting else []
                waiting = cell
            elif cell.is_use:
                waiting = None
        return untested + ([waiting] if waiting else [])


def read_page(path: Path) -> Page:
    """Read a notebook's code cells; IPython's `!` and `%` lines count as `pass`."""
    notebook = json.loads(path.read_text(encoding='utf-8'))
    cells, module = [], None
    for cell in notebook['cells']:
        text = ''.join(cell['source'])
        if cell['cell_type'] != 'code' or not text.strip():
            continue
        if found := re.search(r'^#\| *default_exp +(\w+)', text, re.M):
            module = found[1]
            continue
        options = set(re.findall(r'^#\| *([\w-]+)', text, re.M))
        plain = re.sub(r'^( *)(!(?!=)|%(?=\w)).*', r'\1pass', text, flags=re.M)
        cells.append(CodeCell(text, options, ast.parse(plain)))
    return Page(path, module, cells)


def pages(folder: Path = ROOT / 'nbs') -> list[Page]:
    """Read every notebook."""
    paths = sorted(folder.rglob('*.ipynb'))
    return [read_page(path) for path in paths if '.ipynb_checkpoints' not in path.parts]


# Tables


def percentile(values: list[int], share: float = 0.9) -> int:
    """Return a percentile as one of the values, 0 when there are none."""
    return int(np.quantile(values, share, method='higher')) if values else 0


def measure_code(sources: list[Source]) -> dict[str, float]:
    """Measure the lines, names, functions and documentation of some modules."""
    lengths = [len(line) for source in sources for line in source.lines]
    names = [name for source in sources for name in bound_names(source.tree)]
    functions = [n for source in sources for n in function_lengths(source)]
    nodes = [n for source in sources for n in nodes_per_line(source.tree)]
    counts = [undocumented(source) for source in sources]
    n_missing = sum(len(missing) for missing, _ in counts)
    n_parameters = sum(total for _, total in counts)
    return {
        'lines': len(lengths),
        'line p90': percentile(lengths),
        'line max': max(lengths, default=0),
        ';': sum(semicolons(source) for source in sources),
        '1-letter %': share([len(name) == 1 for name in names]),
        'function p90': percentile(functions),
        'function max': max(functions, default=0),
        'nodes p90': percentile(nodes),
        'nodes max': max(nodes, default=0),
        'documented %': 100 * (1 - n_missing / max(n_parameters, 1)),
    }


def measure_pages(found: list[Page]) -> dict[str, float]:
    """Measure the cells of some notebooks, leaving out those that only import."""
    cells = [cell for page in found for cell in page.cells if not cell.is_import]
    n_exports = sum(cell.is_export for cell in cells)
    n_untested = sum(len(page.untested) for page in found)
    lengths = [cell.n_lines for cell in cells]
    return {
        'cells': len(cells),
        'cell median': float(np.median(lengths)) if lengths else 0,
        'cell max': max(lengths, default=0),
        'with docs median': float(
            np.median([cell.n_lines_with_docs for cell in cells])
        ),
        'with docs max': max((cell.n_lines_with_docs for cell in cells), default=0),
        'tested %': 100 * (1 - n_untested / max(n_exports, 1)),
    }


def share(values: list[bool]) -> float:
    """Return the share of true values in percent."""
    return 100 * float(np.mean(values)) if values else 100


def code_table(sources: list[Source]) -> pd.DataFrame:
    """Return one row of `measure_code` per module, and one for all of them."""
    rows = {source.name: measure_code([source]) for source in sources}
    rows['all'] = measure_code(sources)
    return pd.DataFrame(rows).T


def page_table(found: list[Page]) -> pd.DataFrame:
    """Return one row of `measure_pages` per notebook, per folder and for exports."""
    rows = {page.path.stem: measure_pages([page]) for page in found}
    for folder in ('lib', 'posts'):
        if inside := [page for page in found if page.path.parent.name == folder]:
            rows[f'all {folder}'] = measure_pages(inside)
    return pd.DataFrame(rows).T


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--modules', nargs='+', help='modules; default: all')
    parser.add_argument('--folder', type=Path, default=ROOT / 'promptlab')
    args = parser.parse_args()
    pd.set_option('display.width', 200, 'display.max_columns', None)
    every = modules(args.folder)
    sources = [s for s in every if not args.modules or s.name in args.modules]
    found = [
        page
        for page in pages(args.folder.parent / 'nbs')
        if not args.modules or page.module in args.modules
    ]
    graph = import_graph(args.folder)
    print(code_table(sources).round(0).astype(int), '\n')
    print(page_table(found).round(0).astype(int), '\n')
    for source in sources:
        if missing := undocumented(source)[0]:
            print(
                f'{source.name}: {len(missing)} undocumented:', ', '.join(missing[:8])
            )
    for page in found:
        for cell in page.cells:
            if cell.n_lines > 40 and not cell.is_import:
                print(f'{page.path.stem}: {cell.n_lines} lines: {cell.first_line}')
        for cell in page.untested:
            print(f'{page.path.stem}: not followed by a test: {cell.first_line}')
    print('in two modules:', names_in_two_modules(every))
    print('upwards:', upward_imports(graph))
    print('in a cycle:', cycles(graph))


if __name__ == '__main__':
    main()
