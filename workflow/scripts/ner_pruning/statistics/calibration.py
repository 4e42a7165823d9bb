"""Calibration: how far the confidence of a study's models is from how often they are right, with intervals.

Test sentences are drawn with replacement, in groups, the same ones for all models and test sets of a language. What
other seeds would give is not in these intervals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from ner_pruning.scoring.confidence import GROUPS, UNITS
from ner_pruning.scoring.prediction_files import CONFIDENCE_STEPS
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates
from ner_pruning.statistics.interval_table import MEAN
from ner_pruning.statistics.intervals import Cells, divide, estimate, mean_of_defined
from ner_pruning.terms import Cell, Run

RESAMPLES = 1000

WORD_ERROR, MENTION_ERROR = "word_calibration_error", "mention_calibration_error"
WHEN_RIGHT, WHEN_WRONG = "confidence_when_right", "confidence_when_wrong"

MEASURES = (WORD_ERROR, MENTION_ERROR, WHEN_RIGHT, WHEN_WRONG)
"""The expected calibration error of words and of mentions, and the mean confidence of mentions that are right, or not.
"""

COLUMNS = [
    *("measure", "setting", "test_set", "language", "scope", "sparsity"),
    *("estimate", "low", "high", "languages", "seeds"),
]

Counts = Mapping[tuple[str, str], np.ndarray]
"""Counts by (test set, language): `confidence.read_confidence`."""


def calibration_measures(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return MEASURES × draws of one run on one test set; NaN where there is nothing to measure.

    counts: of `confidence.SHAPE`; weights: how often each group is drawn, draws × groups.
    Expected calibration error: over bins, the mean of |share that is right - mean confidence|, each weighted by its
    predictions, which is the sum of |right - summed confidence| over all predictions.
    """
    drawn = np.tensordot(weights, counts.astype(float), axes=(1, 1))  # draws × units × bins × values
    number = drawn[..., :2].sum(axis=-1)
    confidence = drawn[..., 2:] / CONFIDENCE_STEPS
    off = np.abs(drawn[..., 1] - confidence.sum(axis=-1)).sum(axis=-1)  # draws × units
    error = divide(off, number.sum(axis=-1))
    mention = UNITS.index("mention")
    when_wrong, when_right = (
        divide(confidence[:, mention, :, value].sum(axis=-1), drawn[:, mention, :, value].sum(axis=-1))
        for value in (0, 1)
    )
    return np.stack([error[:, 0], error[:, mention], when_right, when_wrong])


def measure_calibration(runs: Sequence[Run], counts: Iterable[Counts], *, seed: int) -> pd.DataFrame:
    """Return each measure of each cell, by language and as the mean over languages, with its 95 % interval.

    counts: of each run, read one after another. Columns: COLUMNS. A mean is over the languages that have all
    of its line (`Cells.compared_languages`), and of a dense model it stands in each scope too. The value of a language
    is the mean over those of its seeds that have one.
    """
    rows = []
    for measure, cells in _cells(runs, counts, seed):
        for cell in cells.kinds():
            for language in cells.languages(cell):
                rows.append(_row(measure, cell, language, cells.f1(cell, [language]), cells, [language]))
            for scope in [cell.scope, *([] if cell.sparsity else cells.sparse_scopes(cell))]:
                of_line = cell._replace(scope=scope)
                if languages := cells.compared_languages(of_line):
                    rows.append(_row(measure, of_line, MEAN, cells.f1(of_line, languages), cells, languages))
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(
    measure: str, cell: Cell, language: str, values: np.ndarray, cells: Cells, languages: Sequence[str]
) -> tuple[str | int | float, ...]:
    means = mean_of_defined(values)
    value = estimate(beyond_chance(means) if measure in (WORD_ERROR, MENTION_ERROR) else means)
    seeds = int(cells.fewest_seeds([cell], languages).min())
    place = (cell.setting, cell.test_set, language, cell.scope, cell.sparsity)
    defined = int(np.isfinite(values[:, 0]).sum())
    return (measure, *place, value.value, value.low, value.high, defined, seeds)


def beyond_chance(errors: np.ndarray) -> np.ndarray:
    """Return calibration errors (1 + draws), measured first, with the drawn ones reflected at the measured one.

    By chance alone an error is above the true one, by as much in the test set as a drawn sample is above the test set.
    The percentiles of reflected errors are the ends of the basic bootstrap interval (Davison & Hinkley 1997, 5.2),
    which takes that off. No error is below 0.
    """
    return np.concatenate([errors[:1], np.maximum(2 * errors[0] - errors[1:], 0)])


def _cells(runs: Sequence[Run], counts: Iterable[Counts], seed: int) -> Iterator[tuple[str, Cells]]:
    """Yield each measure with its values by cell and language, measured and resampled."""
    of_cell: dict[tuple, list[np.ndarray]] = {}
    weights: dict[str, np.ndarray] = {}
    for run, part in zip(runs, counts, strict=True):
        for (test_set, language), each in part.items():
            if language not in weights:
                weights[language] = _weights(seed, language)
            key = (run.training_set, run.setting, run.scope, run.sparsity, language, test_set)
            of_cell.setdefault(key, []).append(calibration_measures(each, weights[language]))
    frame = pd.DataFrame([(*key, len(values)) for key, values in of_cell.items()], columns=CELL_COLUMNS)
    for place, measure in enumerate(MEASURES):
        values = [mean_of_defined(np.stack([each[place] for each in of_seeds])) for of_seeds in of_cell.values()]
        yield measure, Cells(Replicates(frame, np.array(values).reshape(-1, 1 + RESAMPLES)))


def _weights(seed: int, language: str) -> np.ndarray:
    """Return how often each group of sentences is drawn, (1 + RESAMPLES) × GROUPS; in the first row each is once."""
    random = np.random.default_rng([seed, *language.encode()])
    drawn = random.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), size=RESAMPLES)
    return np.concatenate([np.ones((1, GROUPS)), drawn])
