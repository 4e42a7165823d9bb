"""How well each mistake of an evaluation predicts the published perturbed F1: likelihoods, and the tables of them.

Nothing is fitted to the published cells, but the mistakes were thought of after they were known.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ner_pruning.claims.paper_scores import PublishedF1
from ner_pruning.scoring.mistakes import MISTAKES, TestSet, draw_f1
from ner_pruning.table import Table, TableCell, count, four_digits, three_digits
from ner_pruning.terms import IN_LANGUAGE, MONOLINGUAL, REGULAR, Provenance, variant_name

SENTENCES = 1000
"""The mistakes are simulated on so many sentences of a test set, the first ones."""
DRAWS = 60
"""Runs that are simulated of each mistake and cell."""
RUNS = 3
"""Runs whose mean a published cell is."""
MEANS = 4000
"""Means of RUNS that stand for what a mistake predicts."""
TOLERANCES = (0.003, 0.006)
"""Standard deviations of what a simulated mean may differ by from the paper's for other reasons: printing, and that the
replacements were drawn anew. Likelihoods are given for each; the table of dense cells is sorted by the first."""
KEPT, KEPT_SD = 0.85, 0.1
"""What a sound model keeps of its regular F1 in-language, and its standard deviation over cells.

The paper's partial cells at 50 to 90 % keep 0.80 (SD 0.09), the dense models of docs/low-resource 0.90.
"""

SOUND = "sound evaluation"
SOUND_OWN = "sound evaluation, kept as in this study"
OF_MODELS = (
    SOUND_OWN,
    "untrained head, pretrained encoder",
    "untrained head, fine-tuned encoder",
    "wrong checkpoint: pretrained encoder",
    "wrong vocabulary: rows shifted",
)
"""Hypotheses that need this study's models; the others are MISTAKES."""
HYPOTHESES = (*MISTAKES, *OF_MODELS)
LIKELIHOODS = [f"log_likelihood_{tolerance:g}" for tolerance in TOLERANCES]
FORENSIC_COLUMNS = [
    *("hypothesis", "scope", "sparsity", "language", "published", "published_regular"),
    *("predicted", "low", "high", *LIKELIHOODS),
]


class PerturbedCell(NamedTuple):
    """A published in-language F1 of monolingual models, and the regular one of the same models; sparsity in percent."""

    scope: str
    sparsity: int
    language: str
    published: float
    published_regular: float

    @property
    def variant(self) -> str:
        """Name of the models' variant."""
        return variant_name(self.scope, self.sparsity)


def perturbed_cells(published: Sequence[PublishedF1], languages: Sequence[str]) -> list[PerturbedCell]:
    """Return the published in-language cells of monolingual models of some languages that have a regular F1 too."""
    cells = [cell for cell in published if cell.setting == MONOLINGUAL and cell.language in languages]
    regular = {(cell.scope, cell.sparsity, cell.language): cell.f1 for cell in cells if cell.test_set == REGULAR}
    perturbed = {(cell.scope, cell.sparsity, cell.language): cell.f1 for cell in cells if cell.test_set == IN_LANGUAGE}
    return [PerturbedCell(*key, f1, regular[key]) for key, f1 in perturbed.items() if key in regular]


def forensic_frame(
    cells: Sequence[PerturbedCell],
    test_sets: Mapping[str, TestSet],
    of_models: Mapping[str, Mapping[str, np.ndarray]],
    kept: Mapping[tuple[str, int, str], float],
    seed: int = 0,
) -> pd.DataFrame:
    """Return what each hypothesis predicts for each published cell, and the log-likelihood of the published F1.

    test_sets: by language. of_models: F1 of single runs by hypothesis of OF_MODELS and language, for those dense models
    that the study has. kept: in-language F1 of this study's models as a share of their regular F1, by scope, sparsity
    and language. Returns FORENSIC_COLUMNS, without the rows of hypotheses that need models that are not there.
    predicted, low, high: mean of the means of three runs, and their 2.5 and 97.5 percentiles. Same seed, same frame.
    """
    rows = []
    for number, hypothesis in enumerate(HYPOTHESES):
        random = np.random.default_rng([seed, number])
        for cell in cells:
            means = _means_of_runs(hypothesis, cell, test_sets, of_models, kept, random)
            if means is not None:
                low, high = np.percentile(means, [2.5, 97.5])
                fits = [log_likelihood(cell.published, means, tolerance) for tolerance in TOLERANCES]
                rows.append((hypothesis, *cell, means.mean(), low, high, *fits))
    return pd.DataFrame(rows, columns=FORENSIC_COLUMNS)


def _means_of_runs(
    hypothesis: str,
    cell: PerturbedCell,
    test_sets: Mapping[str, TestSet],
    of_models: Mapping[str, Mapping[str, np.ndarray]],
    kept: Mapping[tuple[str, int, str], float],
    random: np.random.Generator,
) -> np.ndarray | None:
    """Return means of RUNS runs of a cell under a hypothesis, None where the study lacks the models."""
    sound = KEPT * cell.published_regular
    if hypothesis == SOUND_OWN:
        share = kept.get((cell.scope, cell.sparsity, cell.language))
        if share is None:
            return None
        return np.clip(random.normal(share, KEPT_SD, MEANS), 0, 1) * cell.published_regular
    if hypothesis in MISTAKES:
        f1 = draw_f1(MISTAKES[hypothesis], test_sets[cell.language], sound, random, DRAWS)
    elif cell.sparsity or cell.language not in of_models.get(hypothesis, {}):
        return None
    else:
        f1 = of_models[hypothesis][cell.language]
    means = random.choice(f1, (MEANS, RUNS)).mean(axis=1)
    if hypothesis == SOUND:  # it predicts no better than it is known what a model keeps
        means = means * np.clip(random.normal(KEPT, KEPT_SD, MEANS), 0, 1) / KEPT
    return means


def log_likelihood(published: float, means: np.ndarray, tolerance: float) -> float:
    """Return the log density of a published F1: the mean of normal densities around each of the means.

    tolerance: their standard deviation. It holds for skewed distributions too, as those of permuted labels are.
    """
    exponents = -0.5 * ((published - means) / tolerance) ** 2
    most = exponents.max()
    return float(most + np.log(np.mean(np.exp(exponents - most))) - np.log(tolerance * np.sqrt(2 * np.pi)))


# Tables


def forensic_tables(frame: pd.DataFrame, provenance: Provenance) -> list[Table]:
    """Return the tables of `forensic_frame`: the dense cells, all variants by likelihood, and all cells one by one."""
    return [dense_table(frame, provenance), variants_table(frame), cells_table(frame)]


def ranked(frame: pd.DataFrame) -> list[str]:
    """Return the hypotheses of some cells, the best first: by log-likelihood per cell."""
    return list(frame.groupby("hypothesis")[LIKELIHOODS[0]].mean().sort_values(ascending=False).index)


def dense_table(frame: pd.DataFrame, provenance: Provenance) -> Table:
    """Return what each hypothesis predicts for the dense cells, the best first, below the published F1."""
    dense = frame[frame["sparsity"] == 0]
    languages = list(dense["language"].unique())
    published = dense.groupby("language")["published"].first()[languages]
    rows = [
        {"hypothesis": "the paper", **published.map(three_digits), "mean": four_digits(published.mean())},
    ]
    for hypothesis in ranked(dense):
        part = dense[dense["hypothesis"] == hypothesis].set_index("language")
        within = (part["published"] >= part["low"] - TOLERANCES[0]) & (
            part["published"] <= part["high"] + TOLERANCES[0]
        )
        rows.append(
            {
                "hypothesis": hypothesis,
                **part["predicted"].map(three_digits),
                "mean": four_digits(part["predicted"].mean()),
                "RMSE": four_digits(float(np.sqrt(((part["predicted"] - part["published"]) ** 2).mean()))),
                "r": _correlation(part),
                "within": f"{within.sum()} of {len(part)}",
                **{
                    f"log-l. {tolerance:g}": shown_likelihood(part[column].sum())
                    for tolerance, column in _likelihoods()
                },
            }
        )
    absent = [hypothesis for hypothesis in OF_MODELS if hypothesis not in set(dense["hypothesis"])]
    rows += [{"hypothesis": f"{hypothesis}: not in this study"} for hypothesis in absent]
    notes = [
        f"{provenance}. In-language F1 of dense monolingual models: what each hypothesis predicts for the mean of "
        f"{RUNS} runs, from {DRAWS} simulated ones on at most {SENTENCES} sentences of each test set of this study. "
        "Nothing is fitted to the published cells, but the hypotheses were thought of after these were known.",
        "within: cells inside the range of 95 % of the predicted means, widened by the smaller tolerance. log-l.: sum "
        "of the log-likelihoods of the cells, with a tolerance (standard deviation) of that size. The best per cell "
        "comes first; a hypothesis without some of the languages has a sum over fewer cells.",
    ]
    return Table("forensics", "The published dense cells under each hypothesis", notes, pd.DataFrame(rows).fillna(""))


def shown_likelihood(value: float) -> str:
    """Return a log-likelihood as text, whole where it is far from 0."""
    return (f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}").replace("-", "−")


def _likelihoods() -> list[tuple[float, str]]:
    return list(zip(TOLERANCES, LIKELIHOODS, strict=True))


def _correlation(part: pd.DataFrame) -> str:
    """Return Pearson's r of predicted and published F1, "" for fewer than three cells or equal predictions."""
    if len(part) < 3 or part["predicted"].std() < 1e-9 or part["published"].std() < 1e-9:
        return ""
    return f"{np.corrcoef(part['predicted'], part['published'])[0, 1]:+.2f}"


def variants_table(frame: pd.DataFrame) -> Table:
    """Return the median log-likelihood of a cell under each hypothesis, by variant; the best of a variant is bold."""
    per_cell = frame.pivot_table(
        index="hypothesis", columns=["scope", "sparsity"], values=LIKELIHOODS[0], aggfunc="median", sort=False
    )
    names = [variant_name(*column) for column in per_cell.columns]
    best = per_cell.eq(per_cell.max())
    whole = per_cell.dropna().index  # hypotheses that have all variants
    order = list(per_cell.loc[whole].median(axis=1).sort_values(ascending=False).index)
    order += [name for name in per_cell.index if name not in order]
    rows = pd.DataFrame({"hypothesis": order})
    shown = pd.DataFrame({"hypothesis": list(map(TableCell, order))})
    for name, column in zip(names, per_cell.columns, strict=True):
        text = ["" if pd.isna(value) else shown_likelihood(value) for value in per_cell.loc[order, column]]
        rows[name], bold = text, best.loc[order, column]
        shown[name] = list(map(TableCell, text, [""] * len(text), bold))
    notes = [
        f"Log-likelihood of a published in-language cell with a tolerance of {TOLERANCES[0]:g}: the median over the "
        "languages, since one impossible cell would decide over a mean. Bold: the best of a variant. A difference of 3 "
        "makes a cell 20 times as likely.",
    ]
    return Table("forensics-variants", "All published perturbed cells under each hypothesis", notes, rows, shown)


def cells_table(frame: pd.DataFrame) -> Table:
    """Return the perturbed F1 of each cell as a share of the regular one, marked where a mistake predicts it better."""
    of_all = frame[frame["hypothesis"].isin(MISTAKES)]
    keys = ["scope", "sparsity", "language"]
    fit = of_all.pivot_table(index=keys, columns="hypothesis", values=LIKELIHOODS[0], sort=False)
    genuine = fit[SOUND] >= fit.drop(columns=SOUND).max(axis=1)
    cells = of_all.groupby(keys, sort=False)[["published", "published_regular"]].first()
    share = cells["published"] / cells["published_regular"]
    text = share.map("{:.2f}".format).where(genuine, share.map("({:.2f})".format))
    table = text.unstack(["scope", "sparsity"])
    table.columns = [variant_name(*column) for column in table.columns]
    table = table.loc[list(dict.fromkeys(of_all["language"]))].rename_axis(index="language", columns=None).reset_index()
    number = f"{int(genuine.sum())} of {count(len(genuine), 'cell')}"
    notes = [
        "Published in-language F1 as a share of the regular F1 of the same models. In brackets: a mistake that needs "
        f"no model predicts the F1 better than a sound evaluation, in which models keep {KEPT:g} (standard deviation "
        f"{KEPT_SD:g}). Without brackets: {number}.",
    ]
    return Table("forensics-cells", "Which published cells a sound evaluation predicts best", notes, table)
