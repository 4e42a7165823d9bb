"""Write a study's planned and measured cost."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from jobs.logs import log_to
from ner_pruning.files import read_json
from ner_pruning.report.run_table import plan_table, planned_and_measured
from ner_pruning.table import save_table
from ner_pruning.terms import Run


def measure(record: str, finetuned: str, predicted: str, predictions: str) -> dict[str, float]:
    """Return what a run took; finetuned, predicted: Snakemake's benchmark files, predictions: a folder.

    The benchmark of a run that was interrupted is that of its last attempt, so what run.json counts is taken if more.
    """
    run = read_json(record)
    seconds = [float(pd.read_csv(path, sep="\t")["s"].iloc[0]) for path in (finetuned, predicted)]
    return {
        "finetune_seconds": max(seconds[0], run["seconds"]),
        "predict_seconds": seconds[1],
        "stored_bytes": run["weights_bytes"] + sum(file.stat().st_size for file in Path(predictions).iterdir()),
        "steps": run["steps"],
    }


def main(plan_path: str, paths: Mapping[Run, Sequence[str]], settings: Mapping[str, str], out: Sequence[str]) -> None:
    """Write the table; paths: arguments of `measure` by run; settings: of `job_resources.settings_digests`."""
    plan = read_json(plan_path)
    measured = {run: measure(*files) for run, files in paths.items()}
    table = plan_table(planned_and_measured(plan, measured, settings), plan)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files = snakemake.input
        columns = (files.records, files.finetuned, files.predicted, files.predictions)
        runs = [Run(*run) for run in snakemake.params.runs]
        paths = dict(zip(runs, zip(*columns, strict=True), strict=True))
        main(files.plan, paths, snakemake.params.settings, snakemake.output)
