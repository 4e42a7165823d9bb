"""Draw the weights that pruning leaves in some models, as counted in their stored files."""

from collections.abc import Mapping, Sequence

import pandas as pd
from jobs.logs import log_to
from ner_pruning.figures.of_runs import matrix_sparsity, sparsity_figure, weights_left
from ner_pruning.figures.style import save_figures
from ner_pruning.terms import Provenance


def main(
    paths: Mapping[str, str],
    training_set: str,
    languages: int,
    seed: int,
    provenance: Provenance,
    out: Sequence[str],
) -> None:
    """Draw the figure; paths: of sparsity.csv by variant; out: paths to save the figure at."""
    counts = {variant: pd.read_csv(path) for variant, path in paths.items()}
    for variant, table in counts.items():
        print(variant, weights_left(table).to_string(), matrix_sparsity(table).to_string(), sep="\n")
    save_figures(sparsity_figure(counts, training_set, languages, seed, provenance), out)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        paths = {variant: path for (_, variant, _), path in zip(params.runs, snakemake.input, strict=True)}
        training_set, _, seed = params.runs[0]
        main(paths, training_set, params.languages, seed, Provenance(**params.provenance), snakemake.output)
