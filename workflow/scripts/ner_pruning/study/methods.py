"""Pruning methods next to the paper's gradual magnitude pruning: what each is, and what run it starts from.

docs/methods.md has their sources. Among them is quantisation, which changes a trained model too (docs/quantisation.md).
"""

from typing import NamedTuple

from ner_pruning.terms import ALL_SCOPES, DENSE, INT8, MAGNITUDE, Run, unquantised, variant_name

WITH_LINEAR_LAYERS, WITH_EMBEDDINGS = ("partial", "full"), ("full", "embeddings")
"""Scopes, by what they prune."""


class Method(NamedTuple):
    """How a run is pruned.

    name: what tables and figures call it, with gradual magnitude pruning.
    on_schedule: pruned while it trains, by the study's `schedules`; else all at once before its first step.
    curve: whether the sparsity follows the study's curve over the schedule; else it is reached in one update.
    trains: whether it takes any step.
    weights_of, zeros_of: the variant of the same training set and seed whose stored weights it starts from, or whose
    zeros it takes over; "" for none. MAGNITUDE stands for the same scope and sparsity pruned by magnitude.
    scopes, sparsities: that it is defined for; any sparsity if there are none.
    """

    name: str
    on_schedule: bool = False
    curve: bool = False
    trains: bool = True
    weights_of: str = ""
    zeros_of: str = ""
    scopes: tuple[str, ...] = ALL_SCOPES
    sparsities: tuple[int, ...] = ()


PRUNING_METHODS = {
    MAGNITUDE: Method("gradual magnitude", on_schedule=True, curve=True),
    "random": Method("gradual random", on_schedule=True, curve=True),
    "before": Method("one-shot before"),
    "after": Method("one-shot after", trains=False, weights_of=DENSE),
    "recovered": Method("one-shot, retrained", weights_of=DENSE),
    "rewound": Method("rewound", zeros_of=MAGNITUDE),
    "2to4": Method("2:4", on_schedule=True, scopes=("partial",), sparsities=(50,)),
    "movement": Method("gradual movement", on_schedule=True, curve=True, scopes=("partial",)),
}
"""In the order of tables and figures. But for MAGNITUDE, a name is a key of the config's `pruning: methods`."""

QUANTISATIONS = (INT8,)
"""How trained models are quantised, the keys of the config's `quantisation`."""

IN_INT8 = {INT8: MAGNITUDE} | {f"{name}-{INT8}": name for name in PRUNING_METHODS if name != MAGNITUDE}
"""What pruned the models of each method in int8."""

METHODS = PRUNING_METHODS | {
    name: Method(INT8 if method == MAGNITUDE else f"{PRUNING_METHODS[method].name}, {INT8}", trains=False)
    for name, method in IN_INT8.items()
}
"""And those in int8, whose runs are predicted with the weights of another one and have none of their own. But for
MAGNITUDE, a name is the end of a variant."""


def method_of_run(run: Run) -> Method | None:
    """Return how a run is pruned, None if it is dense."""
    return METHODS[run.method] if run.method else None


def trains(run: Run) -> bool:
    """Return whether a run takes any step."""
    method = method_of_run(run)
    return method is None or method.trains


def source_of_run(run: Run) -> Run | None:
    """Return the run whose stored weights a run starts from, or whose zeros it takes over; None if it needs none."""
    if run.quantised:
        return stored_run(run)
    method = method_of_run(run)
    variant = method and (method.weights_of or method.zeros_of)
    if not variant:
        return None
    return run._replace(variant=variant_name(run.matrices, run.sparsity) if variant == MAGNITUDE else variant)


def stored_run(run: Run) -> Run:
    """Return the run whose folder has the weights that a run predicts with: itself, unless it is quantised."""
    return run._replace(variant=unquantised(run.variant))


def prunes_on_schedule(run: Run) -> bool:
    """Return whether a run is pruned while it trains, by the study's `schedules`."""
    method = method_of_run(run)
    return method is not None and method.on_schedule
