"""Resample the recall of mentions that training has and has not seen, of the runs that are compared with dense ones."""

from collections.abc import Mapping

from jobs.logs import log_to
from ner_pruning.scoring.found_mentions import read_compared
from ner_pruning.statistics.bootstrap import write_replicates
from ner_pruning.statistics.recall import resampled_recall
from ner_pruning.terms import Run


def main(runs: Mapping[Run, str], mentions: Mapping[str, str], seed: int, resamples: int, out: str) -> None:
    """Write the replicates; runs: path of what each finds; mentions: of their properties, by training set."""
    found, properties = read_compared(runs, mentions)
    replicates = resampled_recall(found, properties, seed=seed, resamples=resamples)
    write_replicates(out, replicates)
    print(f"{len(replicates.cells)} cells of {len(runs)} runs, {resamples} replicates")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            runs=dict(zip([Run(*run) for run in params.runs], files.found, strict=True)),
            mentions=dict(zip(params.training_sets, files.mentions, strict=True)),
            **params.bootstrap,
            out=snakemake.output[0],
        )
