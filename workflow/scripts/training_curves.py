"""Draw the training loss of some variants of each training set, with the pruning updates."""

from collections.abc import Sequence

import pandas as pd
from jobs.logs import log_to
from ner_pruning.figures.of_runs import loss_curves, training_curves
from ner_pruning.figures.style import save_figures
from ner_pruning.terms import Provenance


def main(runs: Sequence[tuple[str, str, str]], provenance: Provenance, out: Sequence[str]) -> None:
    """Draw the figure; runs: training set, variant and path of the training curve of each; out: paths to save it at.

    The runs of one training set at a time are read.
    """
    sets = {}
    for training_set in dict.fromkeys(run[0] for run in runs):
        paths = {variant: path for name, variant, path in runs if name == training_set}
        sets[training_set] = loss_curves({variant: pd.read_csv(path) for variant, path in paths.items()})
        print(training_set, sets[training_set].losses.tail(1).to_string(), sep="\n")
    figure = training_curves(sets, provenance)
    save_figures(figure, out)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        runs = [
            (training_set, variant, path)
            for (training_set, variant, _), path in zip(params.runs, snakemake.input, strict=True)
        ]
        main(runs, Provenance(**params.provenance), snakemake.output)
