"""The statistics that the paper's claims are about, computed from a study's scores.

A statistic is a function of `Cells`, so that the same function gives the paper's own value from its published scores.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ner_pruning.claims.verdicts import NEGATIVE, ONE_SIDE, POSITIVE
from ner_pruning.statistics.correlations import Coefficient, correlate, kendall, pearson
from ner_pruning.statistics.interval_table import group_of_methods, languages_of_every_method
from ner_pruning.statistics.intervals import (
    Cells,
    Estimate,
    adjust,
    cautious_p_value,
    divide,
    mean_of_defined,
    monte_carlo_error,
    partial_conjunctions,
)
from ner_pruning.statistics.recall import SEEN_MENTIONS, UNSEEN_MENTIONS
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, REGULAR, Cell

MODERATE = (50, 70)
"""Sparsities in percent, as in the paper's text."""

LEAST_LANGUAGES = 4
"""Languages, or groups of them, that a correlation needs."""

SIGNIFICANT = 0.05
"""False discovery rate at which languages are counted."""


class Missing(Exception):
    """A study lacks what a statistic needs; the message says what."""


@dataclass(frozen=True)
class Measured:
    """A statistic, (1 + resamples) with the measured value first, and the languages and fewest seeds behind it.

    known: whether it is known how much seeds move what it is computed from.
    interval, against: only for statistics whose percentile intervals would be wrong because they select on noise (a
    count of languages, a minimum). None means that both are computed from the replicates. against is the one-sided
    p-value against the claim.
    """

    values: np.ndarray
    languages: Sequence[str]
    seeds: int
    interval: Estimate | None = None
    against: float | None = None
    known: bool = True


Statistic = Callable[[Cells], Measured]


def lacking(what: str) -> Statistic:
    """Return the statistic of which a study has nothing; what: it lacks for it."""

    def statistic(cells: Cells) -> Measured:
        raise Missing(what)

    return statistic


def _common(
    cells: Cells, *of: Cell, only: Sequence[str] | None = None, along_lines: bool = True
) -> tuple[list[str], list[np.ndarray], int]:
    """Return the languages that have all of some cells, F1 of each, languages × (1 + resamples), and the fewest seeds.

    only: languages that count, all if None. along_lines: whether they are those of tables and figures, which have all
    of the lines of the cells (`Cells.compared_languages`). Raises Missing when there is none.
    """
    chosen = cells if only is None else cells.of(only)
    common = chosen.compared_languages(*of) if along_lines else chosen.common_languages(*of)
    if not common:
        who = "a language" if only is None else " or ".join(only) or "a language of that training size"
        lacking = [cell for cell in of if not (set(cells.languages(cell)) & set(only or cells.languages(cell)))]
        raise Missing(f"{who} with {' and '.join(dict.fromkeys(map(str, lacking or of)))}")
    return common, [cells.f1(cell, common) for cell in of], int(cells.fewest_seeds(of, common).min())


def mean_difference(first: Cell, second: Cell, only: Sequence[str] | None = None) -> Statistic:
    """Return the statistic: mean over languages of F1 of the first cell less the second's (`Cells.difference`)."""

    def statistic(cells: Cells) -> Measured:
        languages, _, seeds = _common(cells, first, second, only=only)
        return Measured(mean_of_defined(cells.difference(first, second, languages)), languages, seeds)

    return statistic


def method_difference(first: Cell, second: Cell) -> Statistic:
    """Return the statistic `mean_difference` of two pruning methods, over the languages of the table of methods.

    These have every method of the cells' setting and matrices. Dense models are of all that have both.
    """

    def statistic(cells: Cells) -> Measured:
        only = languages_of_every_method(cells).get(group_of_methods(first))
        return mean_difference(first, second, only)(cells)

    return statistic


def loss_beyond(cell: Cell, share: float) -> Statistic:
    """Return the statistic: mean over languages of perturbed F1 less a share of the regular F1 of the same models.

    It is below 0 where a model keeps less than that share: as a ratio says, but defined wherever F1 is. Of languages
    whose regular F1 is above its chance floor; the others have nothing to lose.
    """

    def statistic(cells: Cells) -> Measured:
        languages, ((perturbed, regular),), seeds = _with_regular(cells, cell)
        return Measured((perturbed - share * regular).mean(axis=0), languages, seeds)

    return statistic


def kept_fraction(cell: Cell) -> Callable[[Cells], str]:
    """Return the note: mean perturbed F1 as a fraction of mean regular F1, over the languages of `loss_beyond`."""

    def note(cells: Cells) -> str:
        _, ((perturbed, regular),), _ = _with_regular(cells, cell)
        return f"mean perturbed / mean regular F1: {perturbed[:, 0].mean() / regular[:, 0].mean():.2f}"

    return note


def fraction_difference(first: Cell, second: Cell) -> Statistic:
    """Return the statistic: the fraction of regular F1 that the first models keep less that of the second.

    A fraction is mean perturbed F1 over mean regular F1, r. Its replicates are those of (perturbed - k regular) / r + k
    with r and the fraction k as measured: the ratio to first order (as the delta method has it), linear in F1, so that
    it is defined in every replicate.
    """

    def statistic(cells: Cells) -> Measured:
        languages, pairs, seeds = _with_regular(cells, first, second)
        one, other = (_linear_fraction(perturbed.mean(axis=0), regular.mean(axis=0)) for perturbed, regular in pairs)
        return Measured(one - other, languages, seeds)

    return statistic


def _linear_fraction(perturbed: np.ndarray, regular: np.ndarray) -> np.ndarray:
    fraction = perturbed[0] / regular[0]
    return fraction + (perturbed - fraction * regular) / regular[0]


def loss_of_robustness(first: Cell, second: Cell) -> Statistic:
    """Return the statistic: what perturbed F1 loses from the second to the first models, beyond what regular F1 does.

    It is (perturbed - k regular) of the first less that of the second, where k is the fraction that the second keep, as
    measured: 0 where the first keep the same fraction, however much worse they are.
    """

    def statistic(cells: Cells) -> Measured:
        languages, pairs, seeds = _with_regular(cells, first, second)
        (perturbed, regular), (other_perturbed, other_regular) = (
            (one.mean(axis=0), other.mean(axis=0)) for one, other in pairs
        )
        fraction = other_perturbed[0] / other_regular[0]
        values = (perturbed - fraction * regular) - (other_perturbed - fraction * other_regular)
        return Measured(values, languages, seeds)

    return statistic


def _with_regular(cells: Cells, *of: Cell) -> tuple[list[str], list[tuple[np.ndarray, np.ndarray]], int]:
    """Return what `_common` does, with perturbed and regular F1 of each cell, of languages above chance on regular.

    Raises Missing when there is none.
    """
    on_regular = [cell._replace(test_set=REGULAR) for cell in of]
    common, _, _ = _common(cells, *of, *on_regular)
    defined = np.isfinite([cells.fraction(cell, common)[:, 0] for cell in of])
    if not defined.all(axis=0).any():
        lacking = [cell for cell, row in zip(on_regular, defined, strict=True) if not row.any()]
        raise Missing(f"a language above chance with {' and '.join(dict.fromkeys(map(str, lacking or on_regular)))}")
    languages = [language for language, row in zip(common, defined.all(axis=0), strict=True) if row]
    seeds = int(cells.fewest_seeds([*of, *on_regular], languages).min())
    pairs = [(cells.f1(cell, languages), cells.f1(base, languages)) for cell, base in zip(of, on_regular, strict=True)]
    return languages, pairs, seeds


def growing_gap(cell: Cell) -> Statistic:
    """Return the statistic: by how much recall of seen mentions exceeds that of unseen ones, less the same when dense.

    cell: of pruned models, on the regular test set. A mean over the languages whose regular F1 is above its chance
    floor, both pruned and dense: models that find nothing have no gap, however little they rely on.
    """

    def statistic(cells: Cells) -> Measured:
        languages, (sparse, dense), seeds = _recall_gaps(cells, cell)
        known = cells.know_seeds(SEEN_MENTIONS) and cells.know_seeds(UNSEEN_MENTIONS)
        return Measured((sparse - dense).mean(axis=0), languages, seeds, known=known)

    return statistic


def both_gaps(cell: Cell) -> Callable[[Cells], str]:
    """Return the note: the two gaps of `growing_gap`, as means over its languages."""

    def note(cells: Cells) -> str:
        _, gaps, _ = _recall_gaps(cells, cell)
        sparse, dense = (gap[:, 0].mean() for gap in gaps)
        return f"seen - unseen: dense {dense:.3f}, pruned {sparse:.3f}"

    return note


def _recall_gaps(cells: Cells, cell: Cell) -> tuple[list[str], tuple[np.ndarray, np.ndarray], int]:
    """Return what `_with_regular` does, with the gap in recall of pruned and of dense models."""
    kinds = (SEEN_MENTIONS, UNSEEN_MENTIONS)
    of = [cell._replace(test_set=kind, sparsity=level) for level in (cell.sparsity, 0) for kind in kinds]
    languages, pairs, seeds = _with_regular(cells, *of)
    seen, unseen, dense_seen, dense_unseen = (recall for recall, _ in pairs)
    return languages, (seen - unseen, dense_seen - dense_unseen), seeds


def _mean_over(languages: Sequence[str], values: np.ndarray, seeds: int) -> Measured:
    """Return the mean over those languages whose measured value is defined; values: languages × (1 + resamples)."""
    defined = [language for language, value in zip(languages, values[:, 0], strict=True) if np.isfinite(value)]
    return Measured(mean_of_defined(values), defined, seeds)


def difference_of_losses(scope: str, sparsity: int) -> Statistic:
    """Return the statistic: mean over languages of the relative loss of monolingual less that of multilingual models.

    A relative loss is (dense - sparse) / dense on the regular test set.
    """

    def statistic(cells: Cells) -> Measured:
        settings = (MONOLINGUAL, MULTILINGUAL)
        of = [Cell(setting, REGULAR, scope, level) for setting in settings for level in (0, sparsity)]
        languages, (mono_dense, mono, multi_dense, multi), seeds = _common(cells, *of)
        losses = divide(mono_dense - mono, mono_dense), divide(multi_dense - multi, multi_dense)
        return _mean_over(languages, losses[0] - losses[1], seeds)

    return statistic


READINGS = ("at 50 %", "at 70 %", "at either", "on their mean")


def _moderate_gains(cells: Cells, reading: str, only: Sequence[str] | None = None) -> tuple[list[str], np.ndarray, int]:
    """Return F1 of moderately pruned models less dense F1, levels × languages × (1 + resamples), in one of READINGS.

    A language gains if it does at one of the levels; there is one, but "at either".
    """
    levels = {"at 50 %": (50,), "at 70 %": (70,)}.get(reading, MODERATE)
    of = [Cell(MULTILINGUAL, REGULAR, "partial", level) for level in (0, *levels)]
    languages, (dense, *sparse), seeds = _common(cells, *of, only=only, along_lines=False)  # no mean along a line
    gains = np.array(sparse) - dense
    return languages, gains.mean(axis=0, keepdims=True) if reading == "on their mean" else gains, seeds


def _p_values_of_gains(gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cautious one-sided p-values of each language: small where it gains, and where it does not.

    gains: levels × languages × (1 + resamples). It gains if it does at one level, of which the best is adjusted for
    their number (Bonferroni); it does not if it does at none.
    """
    better, worse = (
        np.array([[criterion.against(language) for language in level] for level in gains])
        for criterion in (NEGATIVE, POSITIVE)
    )
    better, worse = (cautious_p_value(each, gains.shape[-1] - 1) for each in (better, worse))
    return np.minimum(1, len(gains) * better.min(axis=0)), worse.max(axis=0)


def share_that_gains(reading: str) -> Statistic:
    """Return the statistic: the share of languages with a gain from moderate pruning in one of READINGS.

    Its interval goes from the languages that gain at least to those that do (`partial_conjunctions`), of all.
    """

    def statistic(cells: Cells) -> Measured:
        languages, gains, seeds = _moderate_gains(cells, reading)
        share, number = (gains.max(axis=0) > 0).mean(axis=0), len(languages)
        better, worse = map(partial_conjunctions, _p_values_of_gains(gains))
        # partial conjunctions of more languages need not have larger p-values: the last that holds
        proven = [max(np.flatnonzero(p_values <= ONE_SIDE) + 1, default=0) / number for p_values in (better, worse)]
        interval = Estimate(float(share[0]), proven[0], 1 - proven[1], float("nan"))
        return Measured(share, languages, seeds, interval, against=float(worse[number // 2]))

    return statistic


def smallest_gain(reading: str, only: Sequence[str]) -> Statistic:
    """Return the statistic: the smallest gain of some languages from moderate pruning in one of READINGS.

    It is above a bound when the gains of all languages are, and below when that of one of them is, whose end of the
    interval is adjusted for their number (Bonferroni).
    """

    def statistic(cells: Cells) -> Measured:
        languages, gains, seeds = _moderate_gains(cells, reading, only)
        values = gains.max(axis=0).min(axis=0)
        resamples, beyond = gains.shape[-1] - 1, np.array([ONE_SIDE / len(gains), ONE_SIDE / len(languages)])
        beyond = np.maximum(0, beyond - monte_carlo_error(beyond, resamples))
        low, high = (
            float(_quantile(gains[..., 1:], quantile).max(axis=0).min()) for quantile in (beyond[0], 1 - beyond[1])
        )
        _, worse = _p_values_of_gains(gains)
        against = float(min(1, len(languages) * worse.min()))
        if not (np.isfinite(low) and np.isfinite(high)):
            low = high = float("nan")
        return Measured(values, languages, seeds, Estimate(float(values[0]), low, high, float("nan")), against)

    return statistic


def _quantile(replicates: np.ndarray, quantile: float) -> np.ndarray:
    """Return a quantile along the last axis; an undefined replicate may be anything, and lies beyond that end."""
    beyond = -np.inf if quantile < 0.5 else np.inf
    if not np.isnan(replicates).any():
        return np.quantile(replicates, quantile, axis=-1)
    method = "lower" if quantile < 0.5 else "higher"
    return np.quantile(np.where(np.isnan(replicates), beyond, replicates), quantile, axis=-1, method=method)


def counted_languages(reading: str) -> Callable[[Cells], str]:
    """Return the note: how many languages gain and lose, and how many of them significantly."""

    def note(cells: Cells) -> str:
        languages, gains, _ = _moderate_gains(cells, reading)
        p_better, p_worse = _p_values_of_gains(gains)
        significant = adjust(np.minimum(1, 2 * np.minimum(p_better, p_worse))) <= SIGNIFICANT
        up, down = (significant & (one < other) for one, other in ((p_better, p_worse), (p_worse, p_better)))
        return (
            f"{(gains[..., 0].max(axis=0) > 0).sum()} of {len(languages)} better; significantly better {up.sum()}, "
            f"worse {down.sum()} (Benjamini-Hochberg, {SIGNIFICANT:.0%})"
        )

    return note


ByLanguage = Callable[[Cells], tuple[Sequence[str], np.ndarray, int]]
"""A value of each language: (languages, languages × (1 + resamples), fewest seeds)."""


def rank_correlation(values: ByLanguage, of: Mapping[str, float], what: str) -> Statistic:
    """Return the statistic: Kendall's tau-b over languages between a value and what `of` gives."""
    return _correlation(values, of, what, kendall)


def linear_correlation(values: ByLanguage, of: Mapping[str, float], what: str) -> Statistic:
    """Return the statistic: Pearson's correlation over languages between a value and what `of` gives."""
    return _correlation(values, of, what, pearson)


def _correlation(values: ByLanguage, of: Mapping[str, float], what: str, coefficient: Coefficient) -> Statistic:
    def statistic(cells: Cells) -> Measured:
        languages, f1, seeds = values(cells)
        known = {language for language, value in of.items() if np.isfinite(value)}
        rows = [row for row, language in enumerate(languages) if language in known and np.isfinite(f1[row, 0])]
        x = np.array([of[languages[row]] for row in rows], dtype=float)
        if len(rows) < LEAST_LANGUAGES or len(set(x)) < 2:
            raise Missing(f"{LEAST_LANGUAGES} {what}, not all of one size or overlap")
        x = np.broadcast_to(x[:, None], (len(rows), f1.shape[1]))
        return Measured(correlate(x, f1[rows], coefficient), [languages[row] for row in rows], seeds)

    return statistic


def multilingual_gain(cells: Cells) -> tuple[list[str], np.ndarray, int]:
    """Return dense F1 of multilingual less that of monolingual models on the regular test set, by language."""
    languages, (multi, mono), seeds = _common(
        cells, *(Cell(setting, REGULAR, "", 0) for setting in (MULTILINGUAL, MONOLINGUAL))
    )
    return languages, multi - mono, seeds


def dense_f1(cells: Cells) -> tuple[list[str], np.ndarray, int]:
    """Return dense multilingual F1 on the regular test set, by language."""
    languages, (f1,), seeds = _common(cells, Cell(MULTILINGUAL, REGULAR, "", 0))
    return languages, f1, seeds


def smallest_against_others(train_sizes: Mapping[str, int], scope: str, sparsity: int, relative: bool) -> Statistic:
    """Return the statistic: mean difference to dense of the smallest size class less that of all other languages."""

    def statistic(cells: Cells) -> Measured:
        of = [Cell(MULTILINGUAL, REGULAR, scope, level) for level in (sparsity, 0)]
        languages, (sparse, dense), seeds = _common(cells, *of)
        difference = divide(sparse - dense, dense) if relative else sparse - dense
        sizes = np.array([train_sizes[language] for language in languages])
        if sizes.min() == sizes.max():
            raise Missing("languages of two training sizes")
        small = sizes == sizes.min()
        values = mean_of_defined(difference[small]) - mean_of_defined(difference[~small])
        return Measured(values, _mean_over(languages, difference, seeds).languages, seeds)

    return statistic


def start_and_loss(groups: Mapping[str, str], scope: str, sparsity: int, what: str) -> Statistic:
    """Return the statistic: Kendall's tau over groups of dense F1 and of the relative difference to dense.

    Positive: the groups that start lowest lose most.
    """

    def statistic(cells: Cells) -> Measured:
        of = [Cell(MULTILINGUAL, REGULAR, scope, level) for level in (sparsity, 0)]
        languages, (sparse, dense), seeds = _common(cells, *of)
        relative = divide(sparse - dense, dense)
        defined = np.isfinite(relative[:, 0])
        languages = [language for language, known in zip(languages, defined, strict=True) if known]
        dense, relative = dense[defined], relative[defined]
        names = sorted({groups[language] for language in languages})
        if len(names) < LEAST_LANGUAGES:
            raise Missing(f"{LEAST_LANGUAGES} {what}")
        member = [np.array([groups[language] == name for language in languages]) for name in names]
        starts = np.array([dense[rows].mean(axis=0) for rows in member])
        losses = np.array([mean_of_defined(relative[rows]) for rows in member])
        return Measured(correlate(starts, losses, kendall), languages, seeds)

    return statistic


def above_floor(cell: Cell, floors: Mapping[tuple[str, str], float]) -> Statistic:
    """Return the statistic: mean over languages of F1 less the chance floor of its test set."""

    def statistic(cells: Cells) -> Measured:
        languages, (f1,), seeds = _common(cells, cell)
        if absent := [language for language in languages if (language, cell.test_set) not in floors]:
            raise Missing(f"a chance floor of {', '.join(absent)}")
        floor = np.array([floors[language, cell.test_set] for language in languages])
        return Measured((f1 - floor[:, None]).mean(axis=0), languages, seeds)

    return statistic


def against_reference(reference: Mapping[str, float]) -> Statistic:
    """Return the statistic: mean over languages of dense multilingual F1 less the F1 that others report."""

    def statistic(cells: Cells) -> Measured:
        languages, f1, seeds = dense_f1(cells)
        common = [language for language in languages if language in reference]
        if not common:
            raise Missing("F1 by others: a file that the config's key reference names")
        rows = [languages.index(language) for language in common]
        others = np.array([reference[language] for language in common])
        return Measured((f1[rows] - others[:, None]).mean(axis=0), common, seeds)

    return statistic
