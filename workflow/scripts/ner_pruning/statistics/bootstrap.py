"""Bootstrap replicates of F1: what it might have been with other test sentences, and with other seeds.

Sentences are drawn with replacement (Efron & Tibshirani 1993), the same ones for all runs and all test sets of a
language, so that differences are paired. The seeds of a cell, two or three, are too few to be drawn with replacement:
that gives them (n - 1) / n of their variance and only a few different values. Their mean is moved instead by a random
combination of the seeds' deviations from it, scaled such that it follows Student's t with n - 1 degrees of freedom
times the standard error of the mean. The combination is the same for all cells of a training set: what all of its
variants share with a seed cancels out of their differences.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa

from ner_pruning.files import InputError
from ner_pruning.parquet import read_table, write_table
from ner_pruning.scoring.f1 import GOLD
from ner_pruning.terms import Run

CELL_COLUMNS = ["training_set", "setting", "scope", "sparsity", "language", "test_set", "seeds"]

Counts = Mapping[tuple[str, str], np.ndarray]
"""Sentences × (correct, predicted, gold) by (test set, language): `counts.read_counts`."""


@dataclass(frozen=True)
class Replicates:
    """F1 (mean over seeds) of every cell of a study, as measured and resampled.

    cells: one row a cell, columns CELL_COLUMNS; seeds is their number.
    values: cells × (1 + resamples); the first column is as measured, the others have the precision of float32, in which
    they are stored. A replicate may lie outside 0..1.
    """

    cells: pd.DataFrame
    values: np.ndarray


def resample(runs: Sequence[Run], counts: Sequence[Counts], *, seed: int, resamples: int) -> Replicates:
    """Return the replicates of a study.

    counts: of each run. A language's replicates depend on nothing but `seed`, its own counts and, through the seeds'
    noise, the runs of the training set. Raises InputError when two runs, or two test sets of a language, have different
    numbers of sentences: they could not be paired. A test set without a mention has no F1 and no cell; a replicate in
    which none is drawn is NaN.
    """
    values, rows = [], []
    languages = dict.fromkeys(language for part in counts for _, language in part)
    for language in languages:
        columns = [
            (run, test_set, part[test_set, other])
            for run, part in zip(runs, counts, strict=True)
            for test_set, other in part
            if other == language and part[test_set, other][:, GOLD].any()
        ]
        if not columns:
            continue
        f1 = _resampled_f1([part for *_, part in columns], language, seed, resamples)
        cells: dict[tuple[str, str, str], list[int]] = {}
        for place, (run, test_set, _) in enumerate(columns):
            cells.setdefault((run.training_set, run.variant, test_set), []).append(place)
        for (training_set, _, test_set), places in cells.items():
            runs_of_cell = [columns[place][0] for place in places]
            weights = seed_weights(seed, resamples, training_set, tuple(run.seed for run in runs_of_cell))
            values.append((weights * f1[places]).sum(axis=0))
            run = runs_of_cell[0]
            rows.append((training_set, run.setting, run.scope, run.sparsity, language, test_set, len(places)))
    if not rows:
        raise InputError("counts: no test set has a mention; expected one or more, F1 is of mentions")
    matrix = np.array(values)
    matrix[:, 1:] = matrix[:, 1:].astype(np.float32)  # as they are stored
    return Replicates(pd.DataFrame(rows, columns=CELL_COLUMNS), matrix)


def _resampled_f1(parts: Sequence[np.ndarray], language: str, seed: int, resamples: int) -> np.ndarray:
    """Return F1, parts × (1 + resamples), of one language; its parts are counts of the same sentences."""
    numbers = sorted({len(part) for part in parts})
    if len(numbers) > 1:
        raise InputError(
            f"language {language}: {numbers[0]} sentences in one test set or run, {numbers[-1]} in another"
        )
    weights = _sentence_weights(numbers[0], np.random.default_rng([seed, *language.encode()]), resamples)
    # Sums of whole numbers below 2**24: exact in float32.
    correct = weights @ np.stack([part[:, 0] for part in parts], axis=1).astype(np.float32)
    total = weights @ np.stack([part[:, 1] + part[:, 2] for part in parts], axis=1).astype(np.float32)
    # whether a mention is drawn: nearly always the same of all parts, so of unlike ones only
    mentioned, alike = np.unique(np.stack([part[:, GOLD] > 0 for part in parts], axis=1), axis=1, return_inverse=True)
    defined = (weights @ mentioned.astype(np.float32) > 0)[:, alike]
    f1 = np.divide(2 * correct, total, out=np.full(total.shape, np.nan), where=defined)
    f1[0] = 2 * correct[0].astype(np.float64) / total[0]  # as measured, where a table prints its fourth digit
    return f1.T


def _sentence_weights(sentences: int, random: np.random.Generator, resamples: int) -> np.ndarray:
    """Return how often each sentence is drawn, float32, (1 + resamples) × sentences; in the first row each is once."""
    weights = np.ones((1 + resamples, sentences), dtype=np.float32)
    for row in weights[1:]:
        row[:] = np.bincount(random.integers(sentences, size=sentences), minlength=sentences)
    return weights


@cache  # all languages and test sets of a training set share them
def seed_weights(seed: int, resamples: int, training_set: str, seeds: tuple[int, ...]) -> np.ndarray:
    """Return by what weights the seeds of a cell are combined in each replicate.

    Returns seeds × (1 + resamples), which add up to 1 in each column; the first column is the mean.
    """

    def generator(*key: int) -> np.random.Generator:
        return np.random.default_rng([seed, *key, *training_set.encode()])

    number = len(seeds)
    weights = np.full((number, 1 + resamples), 1 / number)
    if number > 1:
        normal = np.stack([generator(0, each).standard_normal(resamples) for each in seeds])
        chi_square = generator(1, number).chisquare(number - 1, resamples)
        # Of the mean, √n √(n - 1), times √(χ² / (n - 1)), which makes Student's t.
        weights[:, 1:] += (normal - normal.mean(axis=0)) / np.sqrt(number * chi_square)
    return weights


def write_replicates(path: str | os.PathLike, replicates: Replicates) -> None:
    """Write the replicates as Parquet, a row a cell: F1 as measured in float64, its replicates in float32."""
    resampled = np.ascontiguousarray(replicates.values[:, 1:], dtype=np.float32)
    lists = pa.FixedSizeListArray.from_arrays(resampled.reshape(-1), resampled.shape[1])
    table = pa.Table.from_pandas(replicates.cells, preserve_index=False)
    table = table.append_column("f1", pa.array(replicates.values[:, 0])).append_column("replicates", lists)
    write_table(path, table)


def read_replicates(path: str | os.PathLike) -> Replicates:
    """Read the replicates of a study; raises InputError for a file of another format."""
    table = read_table(path)
    if table.column_names != [*CELL_COLUMNS, "f1", "replicates"]:
        raise InputError(f"{path}: columns {', '.join(table.column_names)}; expected {', '.join(CELL_COLUMNS)}")
    lists = table.column("replicates").combine_chunks()
    resampled = lists.flatten().to_numpy().reshape(len(table), -1)
    values = np.column_stack([table.column("f1").to_numpy(), resampled])
    return Replicates(table.select(CELL_COLUMNS).to_pandas(use_threads=False), values)
