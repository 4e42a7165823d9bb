"""The study grid: languages, variants, runs, test sets, pools, and what a rule's code is."""

import ast
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from compression.languages import Language
from compression.terms import GROUPING, IN_LANGUAGE, MULTILINGUAL
from compression.variants import choose_schedule, parse_variant, variant_names

MOST_MONOLINGUAL = 10
"""Monolingual training sets, as many as the paper has, whose training curves a figure can show."""


def pool_languages(
    language: str, perturbation: str, studied: Sequence[str], table: Mapping[str, Language], own_language: bool = False
) -> list[str]:
    """Return the languages whose mentions may replace those of `language`, in the order of the study.

    in-language: itself. in-script, in-family: the other languages of the study that share its script or family (and
    itself, with `own_language`, if there is another); none for a language alone in its group.
    """
    if perturbation == IN_LANGUAGE:
        return [language]
    shared = GROUPING[perturbation]
    group = [other for other in studied if getattr(table[other], shared) == getattr(table[language], shared)]
    others = [other for other in group if other != language]
    return group if others and own_language else others


def training_sets(config: Mapping[str, Any]) -> list[str]:
    """Return the training sets of a study: its monolingual languages, and `multilingual`."""
    return list(config["monolingual"]) + ([MULTILINGUAL] if config["multilingual"] else [])


def training_languages(training_set: str, config: Mapping[str, Any]) -> list[str]:
    """Return the languages whose training sentences a training set holds."""
    return list(config["languages"]) if training_set == MULTILINGUAL else [training_set]


def study_runs(config: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return (training set, variant, seed) of every run: the whole grid, less what `fewer_runs` leaves out."""
    runs = []
    for training_set in training_sets(config):
        grid = {"seeds": config["seeds"], **config["pruning"], **config["fewer_runs"].get(training_set, {})}
        variants = variant_names(grid["scopes"], grid["sparsities"])
        runs += [(training_set, variant, seed) for variant in variants for seed in grid["seeds"]]
    return runs


def expected_sizes(language: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> dict[str, int]:
    """Return the sentences by split that a language must have: of Table 1, or of the synthetic corpus.

    Rahimi et al. 2019 made the validation split as large as the test split.
    """
    if config["data"]["source"] == "synthetic":
        return dict(config["data"]["synthetic"]["sizes"][language])
    row = table[language]
    return {"train": row.train_size, "validation": row.test_size, "test": row.test_size}


def fixed_training_size(training_set: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> int | None:
    """Return the number of training sentences as far as the config fixes it; None where other sizes are allowed."""
    if config["data"]["allow_other_sizes"] and config["data"]["source"] != "synthetic":
        return None
    codes = training_languages(training_set, config)
    return sum(expected_sizes(code, config, table)["train"] for code in codes)


def possible_schedules(
    training_set: str, config: Mapping[str, Any], table: Mapping[str, Language]
) -> Sequence[Mapping[str, int]]:
    """Return the rows of the schedules that may apply to a training set: one, unless its size is not fixed.

    The multilingual training set has the last row, whatever its size.
    """
    rows = config["schedules"]
    if training_set == MULTILINGUAL:
        return [rows[-1]]
    size = fixed_training_size(training_set, config, table)
    return rows if size is None else [choose_schedule(rows, size)]


def shown_sparsities(sparsities: Iterable[int]) -> list[int]:
    """Return the lowest, the middle and the highest sparsity in ascending order, fewer if there are fewer."""
    ranked = sorted(sparsities)
    return [ranked[place] for place in sorted({0, (len(ranked) - 1) // 2, len(ranked) - 1})] if ranked else []


def shown_runs(config: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the runs whose training curves are shown, of the first ten languages and the multilingual training set.

    They are those of a training set's first seed, dense and at its lowest, middle and highest sparsity.
    """
    shown = []
    for training_set in [
        *config["monolingual"][:MOST_MONOLINGUAL],
        *([MULTILINGUAL] if config["multilingual"] else []),
    ]:
        runs = [run for run in study_runs(config) if run[0] == training_set]
        sparsities = shown_sparsities({_sparsity(run) for run in runs} - {0})
        shown += [run for run in runs if run[2] == runs[0][2] and _sparsity(run) in (0, *sparsities)]
    return shown


def mapped_runs(config: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the runs whose sparsity is shown matrix by matrix, none in a study of dense models.

    They are those of the first seed at the highest sparsity, of the multilingual training set if it has pruned models,
    else of the first that has.
    """
    pruned = [run for run in study_runs(config) if _sparsity(run) > 0]
    runs = [run for run in pruned if run[0] == MULTILINGUAL] or [run for run in pruned if run[0] == pruned[0][0]]
    highest = max(map(_sparsity, runs), default=0)
    return [run for run in runs if run[2] == runs[0][2] and _sparsity(run) == highest]


def _sparsity(run: tuple[str, str, int]) -> int:
    return parse_variant(run[1])[1]


def code_digest(script: str | os.PathLike, library: str | os.PathLike) -> str:
    """Return a digest of what a script does: its code and that of every module of `library` it imports, at any depth.

    Comments, docstrings and formatting do not count, nor does what lies outside the library, such as how a script logs.
    library: the folder of the package, imported by its name.
    """
    digest = hashlib.sha256()
    for path, (code, _) in sorted(_modules(script, library).items(), key=lambda item: item[0].name):
        digest.update(f"{path.name}\n{code}\n".encode())
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
        found[path] = _normalised(path.read_text(encoding="utf-8"), library.name)
        waiting += [module for name in found[path][1] if (module := _module_path(name, library)) is not None]
    return found


@cache  # scripts share modules, and parsing them is most of what the digests cost
def _normalised(text: str, package: str) -> tuple[str, list[str]]:
    """Return the code of a module without comments, docstrings and formatting, and the dotted names it imports."""
    tree = ast.parse(text)
    statements = list(_statements(tree))
    _strip_docstrings(statements)
    return _written_out(tree), _imported_names(statements, package)


def _written_out(node: Any) -> str:
    """Return a syntax tree as text that does not depend on the version of Python.

    What `ast.unparse` and `ast.dump` write does. Empty fields are left out: newer Pythons have more of them.
    """
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if name != "kind" and value not in (None, [])]
        return f"{type(node).__name__}({', '.join(f'{name}={_written_out(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{', '.join(map(_written_out, node))}]"
    return ascii(node)


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
    """Return the dotted names that a module imports, wherever the import stands; relative ones are of `package`."""
    names = []
    for node in statements:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(part for part in (package if node.level else None, node.module) if part)
            names += [module] + [f"{module}.{alias.name}" for alias in node.names]
    return names


def _module_path(name: str, library: Path) -> Path | None:
    """Return the file of a module of the library, None for any other name."""
    path = library.parent.joinpath(*name.split(".")).with_suffix(".py")
    return path if name.startswith(f"{library.name}.") and path.exists() else None


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
