"""Digests of a script's code and of the pinned packages, which make its results stale when they change."""

import ast
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any


def code_digest(script: str | os.PathLike, library: str | os.PathLike) -> str:
    """Return a digest of what a script does: its code and that of every module of `library` it imports, at any depth.

    Comments, docstrings and formatting do not count, nor does what lies outside the library, such as how a script logs.
    library: the folder of the package, imported by its name.
    """
    digest, root = hashlib.sha256(), Path(library).parent
    names = {
        Path(os.path.relpath(path, root)).as_posix(): code for path, (code, _) in _modules(script, library).items()
    }
    for name, code in sorted(names.items()):
        digest.update(f"{name}\n{code}\n".encode())
    return digest.hexdigest()[:16]


def imported_packages(script: str | os.PathLike, library: str | os.PathLike) -> frozenset[str]:
    """Return the packages that a script and the modules of `library` behind it import, other than Python's own."""
    names = {name.split(".")[0] for _, names in _modules(script, library).values() for name in names}
    return frozenset(names - sys.stdlib_module_names - {Path(library).name})


def _modules(script: str | os.PathLike, library: str | os.PathLike) -> dict[Path, tuple[str, list[str]]]:
    """Return the code and the imported names of a script, and of every module of `library` it imports at any depth."""
    library = Path(library)
    found, waiting = {}, [Path(script), library / "__init__.py"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        package = ".".join(path.parent.relative_to(library.parent).parts) if library in path.parents else ""
        found[path] = _normalised(path.read_text(encoding="utf-8"), package)
        waiting += [file for name in found[path][1] for file in _files_run(name, library)]
    return found


@cache  # scripts share modules, and parsing them is most of what the digests cost
def _normalised(text: str, package: str) -> tuple[str, list[str]]:
    """Return the code of a module without comments, docstrings and formatting, and the dotted names it imports.

    package: the dotted name of the package that the module is in, "" for a script.
    """
    tree = ast.parse(text)
    statements = list(_statements(tree))
    _strip_docstrings(statements)
    return _written_out(tree), _imported_names(statements, package)


def _written_out(node: Any) -> str:
    """Return a syntax tree as text that does not depend on the version of Python.

    What `ast.unparse` and `ast.dump` write does. Empty fields are left out: newer Pythons have more of them.
    """
    kind = type(node)
    if kind is list:
        return f"[{', '.join(map(_written_out, node))}]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    written = []
    for name in kind._fields:
        value = getattr(node, name, None)
        if value is not None and value != [] and name != "kind":
            written.append(f"{name}={_written_out(value)}")
    return f"{kind.__name__}({', '.join(written)})"


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a module, a statement or a clause of one, and all those within it.

    Expressions, most of a tree's nodes, hold no statement and are passed over, unlike by `ast.walk`.
    """
    yield node
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        inner = getattr(node, block, None)
        if isinstance(inner, list):
            for statement in inner:
                yield from _statements(statement)


def _strip_docstrings(statements: Iterable[ast.AST]) -> None:
    """Remove the strings that stand as statements: docstrings of modules, classes, functions and attributes."""
    for node in statements:
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [
                statement
                for statement in body
                if not (
                    isinstance(statement, ast.Expr)
                    and isinstance(statement.value, ast.Constant)
                    and isinstance(statement.value.value, str)
                )
            ]
            node.body = kept or [ast.Pass()]


def _imported_names(statements: Iterable[ast.AST], package: str) -> list[str]:
    """Return the dotted names that a module of `package` imports, absolute ones, wherever the import stands."""
    names = []
    for node in statements:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []  # one dot is the package itself
            module = ".".join([*above, *([node.module] if node.module else [])])
            names += [module] + [f"{module}.{alias.name}" for alias in node.names]
    return names


@cache
def _files_run(name: str, library: Path) -> list[Path]:
    """Return the files that the import of a dotted name of the library runs: those of its packages, and its own."""
    parts = name.split(".")
    if parts[0] != library.name:
        return []
    folders = [library.parent.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    files = [*(folder / "__init__.py" for folder in folders), folders[-1].with_suffix(".py")]
    return [file for file in files if file.exists()]


def lock_digest(path: str | os.PathLike, others: Iterable[str] = ()) -> str:
    """Return a digest of the pinned packages of a lock file, and of others where they differ from those.

    Comments, blank lines and order do not count. others: pins as in the lock, `name==version`.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    pins = {line.split("#", 1)[0].strip() for line in lines} | set(others)
    return hashlib.sha256("\n".join(sorted(pins - {""})).encode()).hexdigest()[:16]


def environment_pins(environment: Mapping[str, Any]) -> list[str]:
    """Return the packages that a conda environment, read from its file, takes from PyPI, as `name==version`."""
    return [pin for part in environment["dependencies"] if isinstance(part, dict) for pin in part["pip"]]
