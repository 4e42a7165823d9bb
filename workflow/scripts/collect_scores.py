"""Collect the scores of all runs in one table, with their floors and shares of changed and unseen mentions."""

from collections.abc import Sequence

import pyarrow as pa
from jobs.logs import log_to
from ner_pruning.files import read_json
from ner_pruning.frames import write_frame
from ner_pruning.parquet import write_table
from ner_pruning.scoring.score_table import check_precision, collect, read_overlap, read_scores
from ner_pruning.terms import Run


def main(
    runs: Sequence[tuple[Run, str]],
    run_records: list[str],
    floors: dict[str, str],
    overlap: dict[str, str],
    perturbed: dict[tuple[str, str], str],
    out_parquet: str,
    out_csv: str,
) -> None:
    """Write the table twice; runs: each with the path of its scores; run_records: paths of their run.json.

    The rest: paths by the keys of `collect`.
    """
    check_precision({path: read_json(path) for path in run_records})
    table = collect(
        [(run, read_scores(path)) for run, path in runs],
        {language: read_json(path) for language, path in floors.items()},
        {training_set: read_overlap(path) for training_set, path in overlap.items()},
        {key: read_json(path) for key, path in perturbed.items()},
    )
    write_table(out_parquet, pa.Table.from_pandas(table, preserve_index=False))
    write_frame(out_csv, table)
    print(f"{len(table)} scores of {len(runs)} runs")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            [(Run(*run), path) for run, path in zip(params.runs, files.scores, strict=True)],
            files.runs,
            dict(zip(params.languages, files.floors, strict=True)),
            dict(zip(params.training_sets, files.overlap, strict=True)),
            dict(zip(map(tuple, params.perturbed), files.perturbed, strict=True)),
            snakemake.output.parquet,
            snakemake.output.csv,
        )
