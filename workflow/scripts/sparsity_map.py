"""Draw the sparsity of each matrix of some models, as counted in their stored files."""

from collections.abc import Mapping, Sequence

import pandas as pd
from jobs.logs import log_to
from ner_pruning.figures.of_runs import matrix_sparsity, sparsity_map
from ner_pruning.figures.style import save_figures
from ner_pruning.terms import Provenance


def main(
    counts: Mapping[str, str],
    training_set: str,
    languages: int,
    seed: int,
    provenance: Provenance,
    out: Sequence[str],
) -> None:
    """Draw the figure; counts: paths of sparsity.csv by variant; out: paths to save the figure at."""
    tables = {variant: matrix_sparsity(pd.read_csv(path)) for variant, path in counts.items()}
    for variant, table in tables.items():
        print(variant, table.to_string(), sep="\n")
    figure = sparsity_map(tables, training_set, languages, seed, provenance)
    save_figures(figure, out)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        counts = {variant: path for (_, variant, _), path in zip(params.runs, snakemake.input, strict=True)}
        training_set, _, seed = params.runs[0]
        main(counts, training_set, params.languages, seed, Provenance(**params.provenance), snakemake.output)
