"""Made-up scores of small studies, and what the workflow makes of them: cells, the table of intervals, groups."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from ner_pruning.data.language_groups import GROUP_COLUMNS, groupings
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates
from ner_pruning.statistics.interval_table import intervals_table
from ner_pruning.statistics.intervals import Cells
from ner_pruning.terms import DENSE_INT8, MONOLINGUAL, MULTILINGUAL, REGULAR, Cell


def score(
    language: str,
    f1: float,
    sparsity: int = 0,
    scope: str = "partial",
    seed: int = 1,
    test_set: str = REGULAR,
    setting: str = MULTILINGUAL,
    floor: float = 0.1,
    **others: float,
) -> dict:
    """Return a row of the tidy scores; others: columns with another value than here."""
    return {
        "training_set": language if setting == MONOLINGUAL else setting,
        "setting": setting,
        "scope": scope if sparsity or scope == DENSE_INT8 else "",
        "sparsity": sparsity,
        "seed": seed,
        "language": language,
        "test_set": test_set,
        "mentions": 20,
        "f1": f1,
        "chance_floor": floor,
        "chance_floor_low": floor - 0.01,
        "chance_floor_high": floor + 0.02,
        "shuffle_floor": floor / 4,
        "shuffle_floor_low": floor / 8,
        "shuffle_floor_high": floor / 2,
        "changed_share": 0.0 if test_set == REGULAR else 0.9,
        "unseen_share": 0.5,
    } | others


def frame(*rows: Mapping) -> pd.DataFrame:
    """Return scores from rows of `score`."""
    return pd.DataFrame(rows)


def study(
    f1: Callable[[Cell, str, int], float],
    languages: Iterable[str],
    settings: Mapping[str, Sequence[str]],
    variants: Sequence[tuple[str, int]],
    test_sets: Sequence[str],
    seeds: Sequence[int] = (1,),
    **others: float,
) -> pd.DataFrame:
    """Return the scores of a whole study.

    f1: by cell, language and seed; settings: the languages that each has models of; variants: scopes and sparsities
    above 0; others: of `score`.
    """
    rows = []
    for setting, test_set, (scope, sparsity) in product(settings, test_sets, [("", 0), *variants]):
        cell = Cell(setting, test_set, scope, sparsity)
        for language, seed in product(languages, seeds):
            if language in settings[setting]:
                place = {"sparsity": sparsity, "scope": scope, "seed": seed, "test_set": test_set, "setting": setting}
                rows.append(score(language, f1(cell, language, seed), **place, **others))
    return pd.DataFrame(rows)


def cells_of(scores: pd.DataFrame, noise: float = 0.0, resamples: int = 20) -> Cells:
    """Return the cells of scores, with their chance floors; noise: standard deviation of independent replicates."""
    keys = [column for column in CELL_COLUMNS if column != "seeds"]
    known = scores.dropna(subset=["f1"]).assign(scope=scores["scope"].astype(object).fillna(""))
    cells = known.groupby(keys, sort=False).agg(f1=("f1", "mean"), seeds=("seed", "nunique")).reset_index()
    random = np.random.default_rng(0)
    values = cells["f1"].to_numpy()[:, None] + noise * random.standard_normal((len(cells), 1 + resamples))
    values[:, 0] = cells["f1"]
    floors = known.dropna(subset=["chance_floor"]).set_index(["language", "test_set"])["chance_floor"]
    return Cells(Replicates(cells[CELL_COLUMNS], values), floors[~floors.index.duplicated()].to_dict())


def intervals_of(scores: pd.DataFrame, groups: pd.DataFrame | None = None, noise: float = 0.0) -> pd.DataFrame:
    """Return the table of intervals of scores; groups: of `groups_of`, without which only all languages are one."""
    return intervals_table(cells_of(scores, noise), {} if groups is None else groupings(groups), scores)


def groups_of(
    sizes: Mapping[str, int], families: Mapping[str, str] | None = None, scripts: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the table of languages as `read_groups` does; sizes: training sentences, which are their own class."""
    rows = [
        (code, code, (families or {}).get(code, "none"), (scripts or {}).get(code, "none"), size, size)
        for code, size in sizes.items()
    ]
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS)).set_index("language")
