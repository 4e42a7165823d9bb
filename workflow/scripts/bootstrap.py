"""Resample the test sentences and seeds of all runs."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.scoring.f1 import read_counts
from ner_pruning.statistics.bootstrap import resample, write_replicates
from ner_pruning.terms import Run


def main(runs: Sequence[Run], counts: Sequence[str], seed: int, resamples: int, out: str) -> None:
    """Write the replicates of every cell of the study; counts: path of each run's counts."""
    replicates = resample(runs, [read_counts(path) for path in counts], seed=seed, resamples=resamples)
    write_replicates(out, replicates)
    print(f"{len(replicates.cells)} cells of {len(runs)} runs, {resamples} replicates")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        runs = [Run(*run) for run in params.runs]
        main(runs, snakemake.input.counts, **params.bootstrap, out=snakemake.output[0])
