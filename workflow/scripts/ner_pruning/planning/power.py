"""Which claims a planned study could decide: the smallest differences that it would show, before anything is trained.

The parts of the claims are computed on made-up replicates of the planned cells. F1 is the same everywhere; its noise is
that of the planned numbers of test sentences and seeds, at the level measured in docs/low-resource.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ner_pruning.claims.own_claims import own_claims
from ner_pruning.claims.paper_claims import Evidence, Part, paper_claims
from ner_pruning.claims.statistics import Missing
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates
from ner_pruning.statistics.intervals import Cells, detectable
from ner_pruning.statistics.recall import SEEN_MENTIONS, UNSEEN_MENTIONS
from ner_pruning.statistics.seed_noise import COMMON_SHARE
from ner_pruning.terms import OF_THE_PAPER, Run, is_perturbation, unquantised

ASSUMED_F1 = {True: 0.75, False: 0.6}
"""F1 on the regular test set, and on perturbed ones."""

SENTENCE_VARIANCE = 0.85
"""Variance of F1 from test sentences, times their number, divided by F1 (1 - F1)."""

SHARED_BY_RUNS = 0.7
"""Share of it that all runs have in common on a test set, since they predict the same sentences."""

SEED_VARIANCE = {True: 0.0004, False: 0.0025}
"""Variance of F1 between seeds, divided by F1 (1 - F1), on the regular test set and on perturbed ones."""

SEEN_SHARE = 0.5
"""Share of the mentions of a regular test set that are training mentions."""

WORTH_SHOWING = 0.05
"""F1, or fraction of F1: a difference that a study should find."""

RESAMPLES = 1000

Row = dict[str, str | int | float | None]
"""What a plan says of a claim, see `claims_power`."""


@dataclass(frozen=True)
class PlannedLanguage:
    """A language of a planned study; test_sets: with the regular one."""

    train_sentences: int
    test_sentences: int
    test_sets: Sequence[str]
    family: str
    script: str


def claims_power(
    runs: Sequence[Run],
    training_sets: Mapping[str, Sequence[str]],
    languages: Mapping[str, PlannedLanguage],
    equal_languages: Sequence[str] = (),
    at_equal_budget: Cells | None = None,
) -> list[Row]:
    """Return a row a claim: its parts, those that the study has, the smallest difference, and how many it could decide.

    training_sets: the languages of each; equal_languages: as in Evidence; at_equal_budget: cells of another study that
    the config's `equal_budget` names. Keys of a row: claim, parts, planned (parts that the study has), detectable (the
    median over them of what would be found in 80 % of studies) and decidable; the last two are None where noise alone
    does not tell them: for counts of languages, the smallest gain, correlations, and what int8 does to a model.
    A part that says "the same" can be decided if its margins are wider than its interval; one that says "more" or
    "less" if a difference of WORTH_SHOWING is found. Without a repeated seed none can.
    """
    of_the_paper = [run for run in runs if run.scope in OF_THE_PAPER]
    cells = planned_cells(of_the_paper, training_sets, languages)
    if at_equal_budget is None and equal_languages:
        at_equal_budget = cells.of(equal_languages)
    names = list(languages)
    evidence = Evidence(
        cells=cells,
        train_sizes={name: each.train_sentences for name, each in languages.items()},
        families={name: each.family for name, each in languages.items()},
        scripts={name: each.script for name, each in languages.items()},
        seen_shares={name: place / len(names) for place, name in enumerate(names)},
        floors={(name, test_set): 0.0 for name, each in languages.items() for test_set in each.test_sets},
        equal_languages=equal_languages,
        at_equal_budget=at_equal_budget,
        models=planned_cells(runs, training_sets, languages) if len(of_the_paper) < len(runs) else None,
    )
    rows = []
    for claim in [*paper_claims(evidence), *own_claims(evidence)]:
        found = [smallest for part in claim.parts if (smallest := _smallest(part, cells)) is not None]
        known = [smallest for smallest, _ in found if np.isfinite(smallest)]
        rows.append(
            {
                "claim": claim.number,
                "parts": len(claim.parts),
                "planned": len(found),
                "detectable": float(np.median(known)) if known else None,
                "decidable": sum(decidable and cells.know_seeds() for _, decidable in found) if known else None,
            }
        )
    return rows


def _smallest(part: Part, cells: Cells) -> tuple[float, bool] | None:
    """Return the smallest difference that a part would show, and whether that is enough; None if it is not planned."""
    try:
        measured = part.statistic(part.tested_on(cells))
    except Missing:
        return None
    if measured.interval is not None or not np.isfinite(measured.values[1:]).any() or not np.ptp(measured.values):
        return float("nan"), False
    smallest = detectable(measured.values)
    if part.criterion.says_equal:
        return smallest, part.criterion.can_hold(smallest)
    return smallest, smallest <= WORTH_SHOWING


def planned_cells(
    runs: Sequence[Run], training_sets: Mapping[str, Sequence[str]], languages: Mapping[str, PlannedLanguage]
) -> Cells:
    """Return replicates of the cells of planned runs around ASSUMED_F1; their noise is normal.

    Beside the planned test sets are recall of seen and of unseen mentions, which vary as F1 on so many sentences.
    Models in int8 vary as those that they are made of.
    """
    random = np.random.default_rng(0)
    models: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.quantised):
        models.setdefault((run.training_set, run.variant), []).append(run)
    several = any(len(of_model) > 1 for of_model in models.values())
    sentences: dict[tuple[str, str], np.ndarray] = {}
    values: dict[tuple[str, str, str, str], np.ndarray] = {}
    rows = []
    for (training_set, variant), of_model in models.items():
        run, seeds = of_model[0], len(of_model)
        of_seed = random.standard_normal(RESAMPLES)
        for language in training_sets[training_set]:
            planned = languages[language]
            recall = {SEEN_MENTIONS: SEEN_SHARE, UNSEEN_MENTIONS: 1 - SEEN_SHARE}  # of part of the regular test set
            for test_set, share in {**dict.fromkeys(planned.test_sets, 1), **recall}.items():
                regular = not is_perturbation(test_set)
                rows.append((training_set, run.setting, run.scope, run.sparsity, language, test_set, seeds))
                if run.quantised:
                    values[training_set, variant, language, test_set] = values[
                        training_set, unquantised(variant), language, test_set
                    ]
                    continue
                f1 = ASSUMED_F1[regular]
                scale = f1 * (1 - f1)
                shared = sentences.setdefault((language, test_set), random.standard_normal(RESAMPLES))
                own, own_seed = random.standard_normal((2, RESAMPLES))
                of_sentences = np.sqrt(SENTENCE_VARIANCE * scale / (share * planned.test_sentences)) * (
                    np.sqrt(SHARED_BY_RUNS) * shared + np.sqrt((1 - SHARED_BY_RUNS) / seeds) * own
                )
                of_seeds = np.sqrt(SEED_VARIANCE[regular] * scale / seeds) * (
                    np.sqrt(COMMON_SHARE) * of_seed + np.sqrt(1 - COMMON_SHARE) * own_seed
                )
                noise = of_sentences + several * of_seeds
                values[training_set, variant, language, test_set] = f1 + np.concatenate([[0], noise])
    return Cells(Replicates(pd.DataFrame(rows, columns=CELL_COLUMNS), np.array(list(values.values()))))


def power_text(rows: Sequence[Row]) -> list[str]:
    """Return the rows of `claims_power` as lines to read."""
    lines = [f"{'claim':<20}{'parts':>7}{'planned':>9}{'could decide':>14}{'smallest difference':>21}"]
    for row in rows:
        smallest = "-" if row["detectable"] is None else f"{row['detectable']:.3f}"
        decidable = "-" if row["decidable"] is None else str(row["decidable"])
        lines.append(f"{row['claim']:<20}{row['parts']:>7}{row['planned']:>9}{decidable:>14}{smallest:>21}")
    lines.append(
        f"could decide: would find a difference of {WORTH_SHOWING} in 80 % of studies, or can show that there is none "
        'beyond the margins of "the same" (docs/claims.md); -: a count, smallest gain, correlation or int8'
    )
    if not any(row["decidable"] for row in rows):
        lines.append("none: test sets too small for that, or no model with two seeds")
    return lines
