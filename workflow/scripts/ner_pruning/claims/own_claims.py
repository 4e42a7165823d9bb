"""This workflow's own claims, which the paper does not make; they are split and tested as the paper's are."""

from ner_pruning.claims.paper_claims import Claim, Evidence, Part, variants_of
from ner_pruning.claims.statistics import both_gaps, growing_gap
from ner_pruning.claims.verdicts import POSITIVE
from ner_pruning.terms import REGULAR, SETTINGS, Cell, variant_name

OWN = "own "
"""What the number of such a claim begins with."""


def own_claims(evidence: Evidence) -> list[Claim]:
    """Return the claims, at the sparsities that the study has."""
    return [
        Claim(
            f"{OWN}1",
            "Sparsity raises the reliance on memorised mentions (a claim of this workflow, not of the paper).",
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
        )
    ]
