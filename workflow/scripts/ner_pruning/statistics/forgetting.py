"""What pruning forgets: mentions that dense models find and pruned ones do not, beside what a new seed forgets.

After Hooker et al. 2019 ("What Do Compressed Deep Neural Networks Forget?"), who compare the modal predictions of 30
models; three seeds have no reliable mode, so pairs of models are compared. A pair is a dense model and a pruned one, of
two different seeds. Of the mentions that the dense one finds, the pruned one misses a share: it has forgotten them. A
dense model of the same two seeds misses some as well, by chance alone: that is the noise floor, from the same pairs.
With one seed there is no other dense model, and so no floor: the pair is then of the same seed.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa

from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.scoring.found_mentions import Found, Properties
from ner_pruning.statistics.bootstrap import Counts, resample
from ner_pruning.statistics.interval_table import DECIMALS, MEAN
from ner_pruning.statistics.intervals import Cells, adjust, estimate, mean_of_defined
from ner_pruning.statistics.mention_classes import (
    ALL,
    LEAST_MENTIONS,
    MentionClass,
    by_sentence,
    counted_parts,
    mention_classes,
)
from ner_pruning.terms import REGULAR, Cell, Run

FORGOTTEN, GAINED = "forgotten", "gained"
"""Of the mentions that the dense model finds, the share that the other misses; of those that it misses, the share that
the other finds."""

BEYOND = {FORGOTTEN: "forgotten_beyond_floor", GAINED: "gained_beyond_floor"}
"""The same, less the noise floor."""

MOST_RESAMPLES = 2000
"""Bootstrap replicates that an interval needs here. Claims need more, for p-values that are adjusted for many parts."""

FORGETTING_COLUMNS = [
    *("statistic", "setting", "test_set", "language", "group", "property", "value", "scope", "sparsity"),
    *("estimate", "low", "high", "p_value", "p_adjusted", "mentions", "languages", "codes", "seeds", "most_seeds"),
]


FEW_LANGUAGES = 3
"""Languages that a table or figure names in place of their number, where lines next to each other are of others."""


def languages_of_line(line: pd.DataFrame, beside: pd.DataFrame) -> tuple[int, str]:
    """Return the most languages that a row of a line has, and their codes if they are few, and not those of all rows
    that the line stands beside; else an empty string."""
    most = line.loc[line["languages"].idxmax()]
    named = most["languages"] <= FEW_LANGUAGES and (beside["codes"] != most["codes"]).any()
    return int(most["languages"]), most["codes"].replace(" ", ", ") if named else ""


def share_counts(
    run: Run, found: Mapping[Run, Found], properties: Properties, kind: str, mentions: MentionClass, sets: Iterable[str]
) -> Counts:
    """Return what a run forgets or gains against the dense models of its training set, by sentence.

    found: of all runs; properties: of the training set; kind: FORGOTTEN or GAINED; mentions, sets: the class and test
    sets that count. Each array is sentences × 3 (`by_sentence`): mentions forgotten (gained), and those that could be,
    both as means over the dense models of other seeds. With one dense model it is of the run's own seed; that model
    itself has no counts: nothing is known of the noise floor. No counts either where fewer than LEAST_MENTIONS could
    be, as a mean over the dense models.
    """
    dense = [each for each in found if each.training_set == run.training_set and not each.sparsity]
    others = [each for each in dense if each.seed != run.seed] or [each for each in dense if each != run]
    counts = {}
    for key, part, of_set, members in counted_parts(found[run], properties, mentions, sets) if others else ():
        found_by = {each: found[each][key] == (kind == FORGOTTEN) for each in dense}
        if sum(each[members].sum() for each in found_by.values()) >= LEAST_MENTIONS * len(dense):
            could = np.mean([found_by[each] for each in others], axis=0)
            counts[key] = by_sentence(of_set, members, could * (part != (kind == FORGOTTEN)), could)
    return counts


@dataclass(frozen=True)
class _Class:
    """A class of mentions, with how many of them each language has by (setting, test set, language)."""

    mentions: MentionClass
    numbers: Mapping[tuple[str, str, str], int]


def forgetting_table(
    found: Mapping[Run, Found],
    properties: Mapping[str, Properties],
    scripts: Mapping[str, str],
    *,
    seed: int,
    resamples: int,
) -> pd.DataFrame:
    """Return what pruning forgets and gains, by language and as means, by class of mentions: FORGETTING_COLUMNS.

    found: by run; properties: by training set; scripts: by language; seed, resamples: as for `bootstrap.resample`.

    statistic: FORGOTTEN or GAINED, whose row of sparsity 0 is the noise floor (none with one seed), or BEYOND of it:
    less the floor. A value is the mean over the seeds of the run that forgets. Perturbed test sets have the class of
    all mentions only. language: a code, or `mean` over those that have all sparsities of a line; group: "" for all
    languages, or "script Latin" where a study has several. low, high: 95 % interval. p_value, p_adjusted: of BEYOND,
    for the value 0; adjusted over the languages of a statistic, class and cell. mentions: gold mentions of the class,
    as a sum over languages; languages, seeds, most_seeds: behind a value; codes: of these languages, "jv yo".
    """
    types = next((part.types for of_set in properties.values() for part in of_set.values()), ())
    test_sets = list(dict.fromkeys(test_set for of_run in found.values() for test_set, _ in of_run))
    rows: list[dict] = []
    resamples = min(resamples, MOST_RESAMPLES)
    for mentions, kind in product(mention_classes(types), (FORGOTTEN, GAINED)):
        sets = test_sets if mentions == ALL else [REGULAR]
        counts = [share_counts(run, found, properties[run.training_set], kind, mentions, sets) for run in found]
        if any((part[:, 1] > 0).any() for of_run in counts for part in of_run.values()):
            cells = Cells(resample(list(found), counts, seed=seed, resamples=resamples))
            rows += _rows(cells, kind, _Class(mentions, _numbers(found, properties, mentions, sets)), scripts)
    return pd.DataFrame(rows, columns=FORGETTING_COLUMNS).round(DECIMALS)


def _numbers(
    found: Mapping[Run, Found], properties: Mapping[str, Properties], mentions: MentionClass, sets: Sequence[str]
) -> dict[tuple[str, str, str], int]:
    """Return how many mentions of a class each test set has, by (setting, test set, language)."""
    first = {run.training_set: run for run in reversed(found)}
    return {
        (run.setting, *key): int(members.sum())
        for training_set, run in first.items()
        for key, _, _, members in counted_parts(found[run], properties[training_set], mentions, sets)
    }


def _rows(cells: Cells, kind: str, of: _Class, scripts: Mapping[str, str]) -> Iterator[dict]:
    """Yield the rows of one kind and class, cell by cell: languages, their mean, and the means of scripts."""
    groups = {"": cells}
    names = sorted({scripts[language] for cell in cells.kinds() for language in cells.languages(cell)})
    for script in names if of.mentions == ALL and len(names) > 1 else []:
        groups[f"script {script}"] = cells.of(code for code in scripts if scripts[code] == script)
    for cell in cells.kinds():
        dense = cell._replace(sparsity=0)
        statistics = [(kind, [cell])]
        if cell.sparsity and cells.common_languages(cell, dense):
            statistics.append((BEYOND[kind], [cell, dense]))
        scopes = [cell.scope] if cell.sparsity else cells.sparse_scopes(cell)
        for statistic, behind in statistics:
            yield from _of_languages(cells, statistic, behind, of)
            for (group, part), scope in product(groups.items(), scopes):
                lines = [each._replace(scope=scope) for each in behind]
                languages = part.compared_languages(*lines)
                if languages:
                    values = mean_of_defined(_values(part, lines, languages))
                    yield _row(part, statistic, lines, languages, values, of) | {"language": MEAN, "group": group}


def _of_languages(cells: Cells, statistic: str, behind: Sequence[Cell], of: _Class) -> list[dict]:
    languages = cells.common_languages(*behind)
    values = _values(cells, behind, languages)
    rows = [
        _row(cells, statistic, behind, [language], of_language, of)
        for language, of_language in zip(languages, values, strict=True)
    ]
    for row, p_adjusted in zip(rows, adjust([row["p_value"] for row in rows]), strict=True):
        row["p_adjusted"] = p_adjusted
    return rows


def _values(cells: Cells, behind: Sequence[Cell], languages: Sequence[str]) -> np.ndarray:
    """Return the share of the first cell, less that of the second if there is one: languages × (1 + resamples)."""
    first, *floor = (cells.f1(cell, languages) for cell in behind)
    return first - floor[0] if floor else first


def _row(
    cells: Cells, statistic: str, behind: Sequence[Cell], languages: Sequence[str], values: np.ndarray, of: _Class
) -> dict:
    """Return a row of one language, or of the mean over several: values (1 + resamples)."""
    cell, found = behind[0], estimate(values)
    seeds = cells.fewest_seeds(behind, languages)
    return {
        "statistic": statistic,
        **cell._asdict(),
        "language": languages[0],
        "group": "",
        **of.mentions._asdict(),
        "estimate": found.value,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value if len(behind) > 1 else np.nan,
        "p_adjusted": np.nan,
        "mentions": sum(of.numbers[cell.setting, cell.test_set, language] for language in languages),
        "languages": len(languages),
        "codes": " ".join(sorted(languages)),
        "seeds": int(seeds.min()),
        "most_seeds": int(seeds.max()),
    }


def write_forgetting(path: str | os.PathLike, frame: pd.DataFrame) -> None:
    """Write the table of what pruning forgets as Parquet."""
    write_table(path, pa.Table.from_pandas(frame, preserve_index=False))


def read_forgetting(path: str | os.PathLike) -> pd.DataFrame:
    """Read what `write_forgetting` wrote, number by number; raises InputError for a file of another format."""
    return read_table_of(path, FORGETTING_COLUMNS).to_pandas(use_threads=False)
