"""The paper's claims, split into parts: each is a statistic of a study and the bounds in which it must be."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ner_pruning.claims.statistics import (
    MODERATE,
    READINGS,
    Statistic,
    above_floor,
    against_reference,
    counted_languages,
    dense_f1,
    difference_of_losses,
    fraction_difference,
    kept_fraction,
    lacking,
    linear_correlation,
    loss_beyond,
    loss_of_robustness,
    mean_difference,
    multilingual_gain,
    rank_correlation,
    share_that_gains,
    smallest_against_others,
    smallest_gain,
    start_and_loss,
)
from ner_pruning.claims.verdicts import (
    COLLAPSE,
    EQUAL_F1,
    EQUAL_FRACTIONS,
    MOST,
    NEGATIVE,
    NO_GAIN,
    POSITIVE,
    Criterion,
)
from ner_pruning.statistics.intervals import Cells
from ner_pruning.terms import IN_LANGUAGE, MONOLINGUAL, MULTILINGUAL, PERTURBATIONS, REGULAR, Cell, variant_name

HIGH = 70
"""Percent; the paper's text calls 70 to 98 high."""

EXTREME = 90
SCOPES = ("partial", "full")
PAPERS = "languages whose monolingual models train for fewer or other steps, as the paper's do"
EQUAL = "monolingual and multilingual models of equal budgets (studies/equal-budget.yaml)"
SMALLEST = 100
"""Training sentences of what the paper calls its smallest data sets."""


@dataclass(frozen=True)
class Evidence:
    """What the claims are tested on.

    train_sizes: size class by language. families, scripts: by language. seen_shares: by language, the share (0 to 1) of
    the mentions of its regular test set that are mentions of the multilingual training set. floors: chance floor by
    (language, test set). reference: F1 of dense multilingual models by others, by language. equal_languages: those
    whose monolingual models have the budget of the multilingual ones (`equal_budget.Budget`). at_equal_budget: cells of
    such languages, of this study or of another; None if there are none.
    """

    cells: Cells
    train_sizes: Mapping[str, int]
    families: Mapping[str, str]
    scripts: Mapping[str, str]
    seen_shares: Mapping[str, float]
    floors: Mapping[tuple[str, str], float]
    reference: Mapping[str, float] = field(default_factory=dict)
    equal_languages: Collection[str] = ()
    at_equal_budget: Cells | None = None
    models: Cells | None = None


@dataclass(frozen=True)
class Part:
    """One thing that a claim says: its words, the statistic, where that has to lie, and the paper's value of it.

    cells: what it is tested on, if not on all of the study's.
    """

    text: str
    statistic: Statistic
    criterion: Criterion
    paper: float | None = None
    note: Callable[[Cells], str] | None = None
    cells: Cells | None = None

    def tested_on(self, study: Cells) -> Cells:
        """Return the cells that it is tested on; study: all of the study's."""
        return study if self.cells is None else self.cells


@dataclass(frozen=True)
class Claim:
    """A claim; readings: whether its parts are readings of one sentence (see `combine`)."""

    number: str
    text: str
    parts: Sequence[Part]
    readings: bool = False


def variants_of(
    cells: Cells, *settings: str, least: int = 0, scopes: Sequence[str] = SCOPES
) -> Iterator[tuple[str, int]]:
    """Yield the scopes and sparsities of any of the settings; if there are none, the paper's lowest, as missing."""
    found = [
        (scope, sparsity)
        for scope in scopes
        for sparsity in sorted({each for setting in settings for each in cells.sparsities(setting, scope)})
        if sparsity >= least
    ]
    yield from found or [(scopes[0], max(least, MODERATE[0]))]


def _against_monolingual(
    cells: Cells | None,
    missing: str,
    difference: str,
    statistic: Callable[[str, int], Statistic],
    variants: Callable[[Cells], Iterable[tuple[str, int]]],
    over: str = "",
) -> list[Part]:
    """Return a part for each variant, of a statistic that compares multilingual with monolingual models.

    missing: what there is not without cells; difference, over: the statistic in words, and what it is a mean over;
    statistic: by scope and sparsity; variants: of the cells.
    """
    if cells is None:
        return [Part(difference, lacking(missing), POSITIVE)]
    return [
        Part(
            f"{variant_name(scope, sparsity)}, regular: {difference}{over}",
            statistic(scope, sparsity),
            POSITIVE,
            cells=cells,
        )
        for scope, sparsity in variants(cells)
    ]


def _better(cells: Cells | None, missing: str) -> list[Part]:
    """Return the parts: F1 of multilingual models less that of monolingual ones."""
    return _against_monolingual(
        cells,
        missing,
        "F1 multilingual - monolingual",
        lambda scope, sparsity: mean_difference(
            Cell(MULTILINGUAL, REGULAR, scope, sparsity), Cell(MONOLINGUAL, REGULAR, scope, sparsity)
        ),
        lambda found: [("", 0), *variants_of(found, MULTILINGUAL, MONOLINGUAL)],
        over=", mean over languages",
    )


def _smaller_loss(cells: Cells | None, missing: str) -> list[Part]:
    """Return the parts: relative loss of monolingual models less that of multilingual ones."""
    return _against_monolingual(
        cells,
        missing,
        "relative loss monolingual - multilingual",
        difference_of_losses,
        lambda found: variants_of(found, MULTILINGUAL, MONOLINGUAL, least=HIGH),
    )


def paper_claims(evidence: Evidence) -> list[Claim]:
    """Return the claims of the paper, in the numbering of its findings, at the sparsities that the study has."""
    cells = evidence.cells
    smallest = [language for language, size in evidence.train_sizes.items() if size <= SMALLEST]

    variants = partial(variants_of, cells)
    others = [code for code in evidence.train_sizes if code not in evidence.equal_languages]
    as_paper = cells.of(others) if others else None

    def full_less_partial(test_set: str, criterion: Criterion) -> list[Part]:
        """Return the parts: F1 of fully less that of partially pruned models, at each sparsity of each setting."""
        return [
            Part(
                f"{setting}, {sparsity} %, {test_set}: F1 full - partial",
                mean_difference(
                    Cell(setting, test_set, "full", sparsity), Cell(setting, test_set, "partial", sparsity)
                ),
                criterion,
            )
            for setting in (MONOLINGUAL, MULTILINGUAL)
            for _, sparsity in variants(setting, scopes=["full"])
        ]

    def negates(setting: str, sparsity: int) -> list[Part]:
        """Return the two parts of "full pruning negates what partial pruning gains": a gain, and its loss by more than
        what full pruning loses on regular data, too."""
        full, partial = (Cell(setting, IN_LANGUAGE, scope, sparsity) for scope in ("full", "partial"))
        place = f"{setting}, {sparsity} %, {IN_LANGUAGE}"
        return [
            Part(f"{place}: F1 partial - dense", mean_difference(partial, partial._replace(sparsity=0)), POSITIVE),
            Part(
                f"{place}: F1 full - partial, beyond the loss on regular data",
                loss_of_robustness(full, partial),
                NEGATIVE,
            ),
        ]

    return [
        Claim(
            "1", "Multilingual models beat monolingual ones at every sparsity (figure 1).", _better(as_paper, PAPERS)
        ),
        Claim(
            "1, at equal budget",
            "Multilingual models beat monolingual ones that train for as many steps, at every sparsity.",
            _better(evidence.at_equal_budget, EQUAL),
        ),
        Claim(
            "1, exceptions",
            "Footnote 3: three cells in which the monolingual model is better.",
            [
                Part(
                    f"{language}, {variant_name(scope, sparsity)}: F1 multilingual - monolingual",
                    mean_difference(
                        Cell(MULTILINGUAL, REGULAR, scope, sparsity),
                        Cell(MONOLINGUAL, REGULAR, scope, sparsity),
                        only=[language],
                    ),
                    NEGATIVE,
                    paper,
                )
                for language, scope, sparsity, paper in [
                    ("af", "", 0, -0.003),
                    ("hi", "partial", 50, -0.01),
                    ("yo", "full", 98, -0.07),
                ]
            ],
        ),
        Claim(
            "2, as printed",
            'Footnote 2: "Kappa\'s tau = 0.39 between multilingual gain and finetuning size for dense models".',
            [
                Part(
                    "dense, regular: Kendall's tau of gain and training size",
                    rank_correlation(multilingual_gain, evidence.train_sizes, "languages with both kinds of models"),
                    POSITIVE,
                    0.39,
                )
            ],
        ),
        Claim(
            "2, as in the text",
            "Lower-resource languages tend to benefit more from multilingual training.",
            [
                Part(
                    "dense, regular: Kendall's tau of gain and training size",
                    rank_correlation(multilingual_gain, evidence.train_sizes, "languages with both kinds of models"),
                    NEGATIVE,
                )
            ],
        ),
        Claim(
            "3",
            "At high sparsity the loss is smaller for multilingual than for monolingual models.",
            _smaller_loss(as_paper, PAPERS),
        ),
        Claim(
            "3, at equal budget",
            "At high sparsity the loss is smaller for multilingual than for monolingual models of as many steps.",
            _smaller_loss(evidence.at_equal_budget, EQUAL),
        ),
        Claim(
            "4, languages",
            "Moderate partial pruning (50-70 %) beats dense for most languages (26 of 40).",
            [
                Part(
                    f"{reading}: share of languages that gain",
                    share_that_gains(reading),
                    MOST,
                    26 / 40,
                    counted_languages(reading),
                )
                for reading in READINGS
            ],
            readings=True,
        ),
        Claim(
            "4, smallest sizes",
            "All languages with 100 training sentences gain from moderate partial pruning.",
            [
                Part(
                    f"{reading}: the smallest gain of them",
                    smallest_gain(reading, smallest),
                    POSITIVE,
                )
                for reading in READINGS
            ],
            readings=True,
        ),
        Claim(
            "5, sizes",
            "At high sparsity (70-98 %) the smallest training sizes lose most, absolutely and relatively.",
            [
                Part(
                    f"{variant_name(scope, sparsity)}: {'relative ' * relative}difference to dense, "
                    "smallest size - others",
                    smallest_against_others(evidence.train_sizes, scope, sparsity, relative),
                    NEGATIVE,
                )
                for scope, sparsity in variants(MULTILINGUAL, least=HIGH)
                for relative in (False, True)
            ],
        ),
        *(
            Claim(
                f"5, {what}",
                f"The {what} that start lowest lose most under extreme sparsity.",
                [
                    Part(
                        f"{variant_name(scope, sparsity)}: Kendall's tau of dense F1 and relative difference to dense",
                        start_and_loss(groups, scope, sparsity, what),
                        POSITIVE,
                    )
                    for scope, sparsity in variants(MULTILINGUAL, least=EXTREME)
                ],
            )
            for what, groups in (("families", evidence.families), ("scripts", evidence.scripts))
        ),
        Claim(
            "6",
            "Dense models collapse on perturbed sets.",
            [
                Part(
                    f"{setting}, dense, {perturbation}: F1 perturbed - {COLLAPSE} regular",
                    loss_beyond(Cell(setting, perturbation, "", 0), COLLAPSE),
                    NEGATIVE,
                    note=kept_fraction(Cell(setting, perturbation, "", 0)),
                )
                for setting in (MONOLINGUAL, MULTILINGUAL)
                for perturbation in (PERTURBATIONS if setting == MULTILINGUAL else [IN_LANGUAGE])
            ],
        ),
        Claim(
            "6, chance",
            "Dense models are no better than chance on perturbed sets (printed: mean F1 0.0189, monolingual).",
            [
                Part(
                    "monolingual, dense, in-language: F1 - chance floor",
                    above_floor(Cell(MONOLINGUAL, IN_LANGUAGE, "", 0), evidence.floors),
                    NEGATIVE,
                )
            ],
        ),
        Claim(
            "7",
            "Partial pruning at any level improves on dense models on perturbed sets.",
            [
                Part(
                    f"{setting}, {variant_name(scope, sparsity)}, {perturbation}: F1 partial - dense",
                    mean_difference(
                        Cell(setting, perturbation, scope, sparsity), Cell(setting, perturbation, scope, 0)
                    ),
                    POSITIVE,
                )
                for setting in (MONOLINGUAL, MULTILINGUAL)
                for perturbation in (PERTURBATIONS if setting == MULTILINGUAL else [IN_LANGUAGE])
                for scope, sparsity in variants(setting, scopes=["partial"])
            ],
        ),
        Claim(
            "7, levels",
            "The relative drop on perturbed sets is the same at every level above 0.",
            [
                Part(
                    f"{setting}, {perturbation}: fraction of regular F1 at {level} % - at {lowest} %",
                    fraction_difference(
                        Cell(setting, perturbation, "partial", level), Cell(setting, perturbation, "partial", lowest)
                    ),
                    EQUAL_FRACTIONS,
                )
                for setting in (MONOLINGUAL, MULTILINGUAL)
                for perturbation in (PERTURBATIONS if setting == MULTILINGUAL else [IN_LANGUAGE])
                for levels in [cells.sparsities(setting, "partial")]
                for lowest, *higher in [levels if len(levels) > 1 else MODERATE]
                for level in higher
            ],
        ),
        Claim(
            "8",
            "Pruning the embeddings too gives the same collapse on perturbed sets.",
            [
                Part(
                    f"{setting}, {variant_name(scope, sparsity)}, {IN_LANGUAGE}: F1 perturbed - {COLLAPSE} regular",
                    loss_beyond(Cell(setting, IN_LANGUAGE, scope, sparsity), COLLAPSE),
                    NEGATIVE,
                    note=kept_fraction(Cell(setting, IN_LANGUAGE, scope, sparsity)),
                )
                for setting in (MONOLINGUAL, MULTILINGUAL)
                for scope, sparsity in variants(setting, scopes=["full"])
            ],
        ),
        Claim(
            "8, regular",
            "On regular data pruning the embeddings too hardly matters.",
            full_less_partial(REGULAR, EQUAL_F1),
        ),
        Claim(
            "8, robustness",
            "Pruning the embeddings too negates what partial pruning gains on perturbed sets.",
            [
                part
                for setting in (MONOLINGUAL, MULTILINGUAL)
                for _, sparsity in variants(setting, scopes=["full"])
                for part in negates(setting, sparsity)
            ],
        ),
        Claim(
            "8, low-resource",
            "Pruning the embeddings too negates the gains of the smallest training sizes at 50-70 %.",
            [
                Part(
                    f"{sparsity} %, regular, 100 training sentences: F1 {scope} - dense",
                    mean_difference(
                        Cell(MULTILINGUAL, REGULAR, scope, sparsity),
                        Cell(MULTILINGUAL, REGULAR, scope, 0),
                        only=smallest,
                    ),
                    criterion,
                )
                for sparsity in MODERATE
                for scope, criterion in (("partial", POSITIVE), ("full", NO_GAIN))  # a gain, and none
            ],
        ),
        Claim(
            "9",
            "The three perturbations agree.",
            [
                Part(
                    f"{variant_name(scope, sparsity)}: fraction of regular F1, {perturbation} - {IN_LANGUAGE}",
                    fraction_difference(
                        Cell(MULTILINGUAL, perturbation, scope, sparsity),
                        Cell(MULTILINGUAL, IN_LANGUAGE, scope, sparsity),
                    ),
                    EQUAL_FRACTIONS,
                )
                for perturbation in PERTURBATIONS
                if perturbation != IN_LANGUAGE
                for scope, sparsity in [("", 0), *variants(MULTILINGUAL)]
            ],
        ),
        Claim(
            "10",
            "Entity overlap between train and test set correlates with the F1 of dense models (figure 9).",
            [
                Part(
                    "dense, regular: Pearson's r of F1 and share of test mentions seen in training",
                    linear_correlation(dense_f1, evidence.seen_shares, "languages of a multilingual model"),
                    POSITIVE,
                )
            ],
        ),
        Claim(
            "11",
            "Dense models replicate the results that others published.",
            [
                Part(
                    "dense, regular: F1 - F1 of the reference, mean over languages",
                    against_reference(evidence.reference),
                    EQUAL_F1,
                )
            ],
        ),
    ]
