"""This workflow's own claims, which the paper does not make; they are split and tested as the paper's are."""

from collections.abc import Callable, Sequence

from ner_pruning.claims.paper_claims import Claim, Evidence, Part, variants_of
from ner_pruning.claims.statistics import (
    both_gaps,
    growing_gap,
    lacking,
    mean_difference,
    method_difference,
)
from ner_pruning.claims.verdicts import EQUAL_F1, POSITIVE, Criterion
from ner_pruning.statistics.interval_table import METHOD_TEST_SETS
from ner_pruning.statistics.intervals import Cells
from ner_pruning.study.methods import IN_INT8, METHODS
from ner_pruning.terms import (
    ALL_SCOPES,
    DENSE_INT8,
    MAGNITUDE,
    REGULAR,
    SETTINGS,
    Cell,
    trained_scope,
    variant_name,
)

OWN = "own "
"""What the number of such a claim begins with."""

OURS = "(a claim of this workflow, not of the paper)"
EMBEDDINGS, LAYERS = "embeddings", "partial"


def own_claims(evidence: Evidence) -> list[Claim]:
    """Return the claims, at the sparsities, and about the pruning methods, that the study has."""
    models = evidence.cells if evidence.models is None else evidence.models
    return [
        Claim(
            f"{OWN}1",
            f"Sparsity raises the reliance on memorised mentions {OURS}.",
            [
                Part(
                    f"{setting}, {variant_name(scope, sparsity)}, regular: recall of seen - of unseen mentions, "
                    "pruned - dense",
                    growing_gap(cell := Cell(setting, REGULAR, scope, sparsity)),
                    POSITIVE,
                    note=both_gaps(cell),
                )
                for setting in SETTINGS
                for scope, sparsity in variants_of(evidence.cells, setting)
            ],
        ),
        Claim(
            f"{OWN}2",
            f"Magnitude tells which weights can go: F1 is higher than if random ones are pruned {OURS}.",
            _less_other_method(models, "random"),
        ),
        Claim(
            f"{OWN}3",
            f"Pruning little by little while training keeps more F1 than pruning at once, before or after {OURS}.",
            [*_less_other_method(models, "before"), *_less_other_method(models, "after")],
        ),
        Claim(
            f"{OWN}4",
            f"At the same sparsity, embeddings cost less F1 than linear layers {OURS}.",
            _embeddings_less_layers(models),
        ),
        Claim(f"{OWN}5", f"Models in int8 keep the F1 that they were trained to {OURS}.", _int8_less_trained(models)),
    ]


def _parts(
    cells: Cells, missing: str, difference: str, criterion: Criterion, of_place: Callable[[str, str], Sequence[Part]]
) -> list[Part]:
    """Return the parts of all settings and test sets on which methods are compared.

    missing: what the study lacks if there is no part; difference: the statistic in words; of_place: the parts of a
    setting and a test set.
    """
    places = {(cell.setting, cell.test_set) for cell in cells.kinds()}
    parts = [
        part
        for setting in SETTINGS
        for test_set in METHOD_TEST_SETS
        if (setting, test_set) in places
        for part in of_place(setting, test_set)
    ]
    return parts or [Part(difference, lacking(missing), criterion)]


def _less_other_method(cells: Cells, method: str) -> list[Part]:
    """Return the parts: F1 of gradual magnitude pruning less that of another method, at each scope and sparsity."""
    difference = f"F1 {METHODS[MAGNITUDE].name} - {METHODS[method].name}"

    def of_place(setting: str, test_set: str) -> list[Part]:
        return [
            Part(
                f"{setting}, {variant_name(scope, sparsity)}, {test_set}: {difference}",
                method_difference(
                    Cell(setting, test_set, scope, sparsity), Cell(setting, test_set, f"{scope}-{method}", sparsity)
                ),
                POSITIVE,
                cells=cells,
            )
            for scope in ALL_SCOPES
            for sparsity in cells.sparsities(setting, scope)
            if sparsity in cells.sparsities(setting, f"{scope}-{method}")
        ]

    return _parts(cells, f"models of the method {method} (docs/methods.md)", difference, POSITIVE, of_place)


def _embeddings_less_layers(cells: Cells) -> list[Part]:
    """Return the parts: F1 of models with pruned embeddings less that of models with pruned layers, by magnitude."""

    def of_place(setting: str, test_set: str) -> list[Part]:
        return [
            Part(
                f"{setting}, {sparsity} %, {test_set}: F1 {EMBEDDINGS} - {LAYERS}",
                mean_difference(
                    Cell(setting, test_set, EMBEDDINGS, sparsity), Cell(setting, test_set, LAYERS, sparsity)
                ),
                POSITIVE,
                cells=cells,
            )
            for sparsity in cells.sparsities(setting, EMBEDDINGS)
            if sparsity in cells.sparsities(setting, LAYERS)
        ]

    missing = f"models with {EMBEDDINGS} pruned alone (docs/methods.md)"
    return _parts(cells, missing, f"F1 {EMBEDDINGS} - {LAYERS}", POSITIVE, of_place)


def _int8_less_trained(cells: Cells) -> list[Part]:
    """Return the parts: F1 of models in int8 less that of the same models as they were trained, dense ones first."""
    scopes = [f"{scope}-{name}" for scope in ALL_SCOPES for name in IN_INT8]

    def of_place(setting: str, test_set: str) -> list[Part]:
        dense = Cell(setting, test_set, DENSE_INT8, 0)
        pairs = [(dense, dense._replace(scope=""))] if cells.languages(dense) else []
        pairs += [
            (Cell(setting, test_set, scope, sparsity), Cell(setting, test_set, trained_scope(scope), sparsity))
            for scope in scopes
            for sparsity in cells.sparsities(setting, scope)
        ]
        return [
            Part(
                f"{setting}, {variant_name(trained.scope, trained.sparsity)}, {test_set}: F1 in int8 - as trained",
                method_difference(quantised, trained),
                EQUAL_F1,
                cells=cells,
            )
            for quantised, trained in pairs
        ]

    return _parts(cells, "models in int8 (docs/quantisation.md)", "F1 in int8 - as trained", EQUAL_F1, of_place)
