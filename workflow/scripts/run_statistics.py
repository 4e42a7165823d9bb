"""Write the time, memory and disk space that the runs of a study took."""

from collections.abc import Mapping

from jobs.logs import log_to
from ner_pruning.files import read_json
from ner_pruning.report.run_table import run_statistics, run_statistics_table
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance, Run


def main(records: Mapping[Run, str], provenance: Provenance, *out: str) -> None:
    """Write the table; records: path of run.json by run."""
    frame = run_statistics({run: read_json(path) for run, path in records.items()})
    table = run_statistics_table(frame, provenance)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        records = dict(zip([Run(*run) for run in params.runs], snakemake.input.records, strict=True))
        main(records, Provenance(**params.provenance), *snakemake.output)
