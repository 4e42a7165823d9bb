"""Bootstrap replicates of F1: what it might have been with other test sentences, and with other seeds.

Sentences are drawn with replacement (Efron & Tibshirani 1993), the same ones for all runs and all test sets of a
language, so that differences are paired. The seeds of a cell, one to three, are too few to be drawn with replacement:
the mean over them is moved instead by its standard error, from the variance between seeds that the study's models have
together (`seed_noise`), times a normal draw. Nothing is paired by seed: in docs/low-resource, the variants of
a training set that share a seed are no more alike than others. But a model in int8 is the one that was trained: it
moves with that one, and is no model more that says how much seeds vary.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa

from ner_pruning.files import InputError
from ner_pruning.parquet import read_table_of, write_table
from ner_pruning.scoring.f1 import GOLD
from ner_pruning.statistics.seed_noise import COMMON_SHARE, SeedNoise, SeedVariance
from ner_pruning.terms import OF_THE_PAPER, Run, parse_variant, unquantised

CELL_COLUMNS = ["training_set", "setting", "scope", "sparsity", "language", "test_set", "seeds"]

AS_TRAINED = " as trained"
"""What ends the scope of a cell with the trained models of a cell in int8, of its seeds alone, if there are more."""

GROUPS = 1000
"""Units that are drawn from a test set. One of more sentences is put in so many groups of sentences, at random, which
are drawn as a whole: the standard error is the same to about 2 % (1 / sqrt(2 · 1,000)), in a tenth of the time."""

Counts = Mapping[tuple[str, str], np.ndarray]
"""Sentences × (correct, predicted, gold) by (test set, language): `counts.read_counts`."""


@dataclass(frozen=True)
class Replicates:
    """F1 (mean over seeds) of every cell of a study, as measured and resampled.

    cells: one row a cell, columns CELL_COLUMNS; seeds is their number.
    values: cells × (1 + resamples); the first column is as measured, the others have the precision of float32, in which
    they are stored.
    """

    cells: pd.DataFrame
    values: np.ndarray


def resample(runs: Sequence[Run], counts: Sequence[Counts], *, seed: int, resamples: int) -> Replicates:
    """Return the replicates of a study.

    counts: of each run. A language's replicates depend on nothing but `seed`, its own counts and, through the variance
    between seeds, the other runs; those of models that the paper has too, on runs of such models alone.
    Raises InputError when two runs, or two test sets of a language, have different numbers of sentences: they could not
    be paired. A test set without a mention has no F1 and no cell; a replicate in which none is drawn is NaN. Models in
    int8 of some of the seeds have one cell more (AS_TRAINED), which they are compared with.
    """
    columns_of: dict[str, list[tuple[Run, str, np.ndarray]]] = {}
    for run, part in zip(runs, counts, strict=True):
        for (test_set, language), each in part.items():
            if each[:, GOLD].any():
                columns_of.setdefault(language, []).append((run, test_set, each))
    if not columns_of:
        raise InputError("counts: no test set has a mention; expected one or more, F1 is of mentions")
    for language, columns in columns_of.items():
        numbers = sorted({len(part) for *_, part in columns})
        if len(numbers) > 1:
            raise InputError(
                f"language {language}: {numbers[0]} sentences in one test set or run, {numbers[-1]} in another"
            )
    trained = [place for place, run in enumerate(runs) if not run.quantised]
    of_paper = [place for place in trained if runs[place].scope in OF_THE_PAPER]
    noise_of_all = noise_of_paper = SeedNoise(*_chosen(trained, runs, counts))
    if len(of_paper) < len(trained):
        noise_of_paper = SeedNoise(*_chosen(of_paper, runs, counts))
    values, rows = [], []
    for language, columns in columns_of.items():
        f1 = resampled_f1(columns, language, seed, resamples)
        cells: dict[tuple[str, str, str], list[int]] = {}
        for place, (run, test_set, _) in enumerate(columns):
            cells.setdefault((run.training_set, run.variant, test_set), []).append(place)
        compared = [(key, columns[places[0]][0].scope, places) for key, places in cells.items()]
        for (training_set, variant, test_set), scope, places in compared.copy():
            of_trained = cells.get((training_set, unquantised(variant), test_set), places)
            seeds = {columns[place][0].seed for place in places}
            matched = [place for place in of_trained if columns[place][0].seed in seeds]
            if 0 < len(matched) < len(of_trained):
                compared.append(((training_set, variant, test_set), scope + AS_TRAINED, matched))
        for (training_set, variant, test_set), scope, places in compared:
            value = f1[places].mean(axis=0)
            run = columns[places[0]][0]
            model = (training_set, unquantised(variant))
            noise = noise_of_paper if parse_variant(model[1])[0] in OF_THE_PAPER else noise_of_all
            variance = noise.of(training_set, test_set)
            if variance.degrees:
                draws = seed_draws(variance, seed, resamples, model, (language, test_set))
                noisy = value[1:] + np.sqrt(value[0] * (1 - value[0]) / len(places)) * draws
                value[1:] = np.clip(noisy, 0, 1)  # NaN stays
            values.append(value)
            rows.append((training_set, run.setting, scope, run.sparsity, language, test_set, len(places)))
    matrix = np.array(values)
    matrix[:, 1:] = matrix[:, 1:].astype(np.float32)  # as they are stored
    return Replicates(pd.DataFrame(rows, columns=CELL_COLUMNS), matrix)


def _chosen(places: Sequence[int], runs: Sequence[Run], counts: Sequence[Counts]) -> tuple[list[Run], list[Counts]]:
    return [runs[place] for place in places], [counts[place] for place in places]


def _generator(seed: int, *key: str | int) -> np.random.Generator:
    return np.random.default_rng([seed, *"/".join(map(str, key)).encode()])


def resampled_f1(
    columns: Sequence[tuple[Run, str, np.ndarray]], language: str, seed: int, resamples: int
) -> np.ndarray:
    """Return F1, columns × (1 + resamples), of one language; columns: run, test set, counts of the same sentences."""
    parts = [part for *_, part in columns]
    random, sentences = _generator(seed, language), len(parts[0])
    groups = np.array_split(random.permutation(sentences), GROUPS) if sentences > GROUPS else None
    starts = None if groups is None else np.cumsum([0, *map(len, groups[:-1])])
    order = None if groups is None else np.concatenate(groups)

    def sums(of_sentences: np.ndarray) -> np.ndarray:
        """Return units × columns, what is drawn, from sentences × columns."""
        if groups is None:
            return of_sentences.astype(np.float32)
        return np.add.reduceat(of_sentences[order], starts, axis=0).astype(np.float32)

    # The draws of all languages are the same ones, in an order of their own, which makes them independent.
    weights = _unit_weights(seed, min(sentences, GROUPS), resamples)
    shuffled = np.concatenate([[0], 1 + random.permutation(resamples)])
    # Sums of whole numbers below 2**24: exact in float32. Columns × replicates, so that a column is in one piece.
    correct = sums(np.stack([part[:, 0] for part in parts], axis=1)).T @ weights.T
    total = sums(np.stack([part[:, 1] + part[:, 2] for part in parts], axis=1)).T @ weights.T
    # whether a mention is drawn: nearly always the same of all parts, so of unlike ones only
    mentioned, alike = np.unique(np.stack([part[:, GOLD] > 0 for part in parts], axis=1), axis=1, return_inverse=True)
    defined = (sums(mentioned).T @ weights.T > 0)[alike]
    f1 = np.divide(2 * correct, total, out=np.full(total.shape, np.nan, dtype=np.float32), where=defined)
    f1 = f1[:, shuffled].astype(np.float64)
    f1[:, 0] = 2 * correct[:, 0].astype(np.float64) / total[:, 0]  # as measured, where a table prints its fourth digit
    for place, (run, test_set, part) in enumerate(columns):
        if f1[place, 0] in (0, 1):
            random = _generator(seed, "bound", run.training_set, unquantised(run.variant), test_set, language)
            f1[place, 1:] = _at_the_end(f1[place, 0], part, random, resamples)
    return f1


def _at_the_end(f1: float, part: np.ndarray, random: np.random.Generator, resamples: int) -> np.ndarray:
    """Return replicates of an F1 of 0 or 1, which the sentences that are drawn cannot vary.

    With no mention of n right, or all, the share that is right (wrong) is below 1 - q ** (1 / n) at the one-sided level
    q (Clopper & Pearson 1934; about 3 / n at 95 %, the rule of three). A replicate is that bound at a random level.
    """
    _, predicted, gold = part.sum(axis=0).astype(float)
    share = random.beta(1, gold, resamples)
    return 1 - share if f1 else 2 * share * gold / (np.maximum(predicted, share * gold) + gold)


@lru_cache(maxsize=8)  # all languages of as many sentences share them
def _unit_weights(seed: int, units: int, resamples: int) -> np.ndarray:
    """Return how often each unit is drawn, float32, (1 + resamples) × units; in the first row each is once."""
    random = np.random.default_rng([seed, units])
    weights = np.ones((1 + resamples, units), dtype=np.float32)
    for row in weights[1:]:
        row[:] = np.bincount(random.integers(units, size=units, dtype=np.uint16), minlength=units)
    return weights


def seed_draws(
    variance: SeedVariance, seed: int, resamples: int, model: tuple[str, str], test_set: tuple[str, ...]
) -> np.ndarray:
    """Return draws of what a seed does to a model on a test set, divided by the root of F1 (1 - F1).

    model: its training set and variant, as it was trained. COMMON_SHARE of the variance of a model is the same on all
    of its test sets and languages; the rest, and other models, are independent. What is unsure about the variance
    itself is the same for a training set.
    """
    common = _generator(seed, "model", *model).standard_normal(resamples, dtype=np.float32)
    own = _generator(seed, "cell", *model, *test_set).standard_normal(resamples, dtype=np.float32)
    factor = variance.draw(_generator(seed, "variance", model[0]), resamples)
    return np.sqrt(factor) * (np.sqrt(COMMON_SHARE) * common + np.sqrt(1 - COMMON_SHARE) * own)


def write_replicates(path: str | os.PathLike, replicates: Replicates) -> None:
    """Write the replicates as Parquet, a row a cell: F1 as measured in float64, its replicates in float32."""
    resampled = np.ascontiguousarray(replicates.values[:, 1:], dtype=np.float32)
    lists = pa.FixedSizeListArray.from_arrays(resampled.reshape(-1), resampled.shape[1])
    table = pa.Table.from_pandas(replicates.cells, preserve_index=False)
    table = table.append_column("f1", pa.array(replicates.values[:, 0])).append_column("replicates", lists)
    write_table(path, table)


def read_replicates(path: str | os.PathLike) -> Replicates:
    """Read the replicates of a study, which may have no cell; raises InputError for a file of another format."""
    table = read_table_of(path, [*CELL_COLUMNS, "f1", "replicates"])
    lists = table.column("replicates").combine_chunks()
    resampled = lists.flatten().to_numpy().reshape(len(table), lists.type.list_size)
    values = np.column_stack([table.column("f1").to_numpy(), resampled])
    return Replicates(table.select(CELL_COLUMNS).to_pandas(use_threads=False), values)
