"""Write what the runs of a study took."""

import os
from collections.abc import Mapping

from compression.files import read_json
from compression.run_statistics import Run, run_statistics, run_statistics_table
from compression.typeset import save_table
from logs import log_to


def main(
    records: Mapping[Run, str], weights: Mapping[Run, str], study: str, encoder: str, demo: bool, *out: str
) -> None:
    """Write the table; records: path of run.json, weights: path of the stored weights, by run."""
    frame = run_statistics(
        {run: read_json(path) for run, path in records.items()},
        {run: os.path.getsize(path) for run, path in weights.items()},
    )
    table = run_statistics_table(frame, study, encoder, demo)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        runs = [tuple(run) for run in params.runs]
        records, weights = (dict(zip(runs, paths, strict=True)) for paths in (files.records, files.weights))
        main(records, weights, params.study, params.encoder, params.demo, *snakemake.output)
