"""Write which share of the mentions pruned models forget and gain, by class of mentions, with intervals."""

from collections.abc import Mapping

from jobs.logs import log_to
from ner_pruning.data.language_groups import groupings, read_groups
from ner_pruning.frames import write_frame
from ner_pruning.scoring.found_mentions import read_compared
from ner_pruning.statistics.forgetting import forgetting_table, write_forgetting
from ner_pruning.terms import Run


def main(
    runs: Mapping[Run, str],
    mentions: Mapping[str, str],
    groups: str,
    seed: int,
    resamples: int,
    out_parquet: str,
    out_csv: str,
) -> None:
    """Write the table twice; runs: path of what each finds; mentions: of their properties, by training set."""
    found, properties = read_compared(runs, mentions)
    scripts = groupings(read_groups(groups))["script"]
    table = forgetting_table(found, properties, scripts, seed=seed, resamples=resamples)
    write_forgetting(out_parquet, table)
    write_frame(out_csv, table)
    print(f"{len(table)} values of {len(runs)} runs")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            runs=dict(zip([Run(*run) for run in params.runs], files.found, strict=True)),
            mentions=dict(zip(params.training_sets, files.mentions, strict=True)),
            groups=files.groups,
            **params.bootstrap,
            out_parquet=snakemake.output.parquet,
            out_csv=snakemake.output.csv,
        )
