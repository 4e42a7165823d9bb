"""Write the table of pruning methods: F1 of each, and its difference to gradual magnitude pruning."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.report.method_table import compare_methods, method_table
from ner_pruning.statistics.interval_table import read_intervals
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(intervals: str, provenance: Provenance, outputs: Sequence[str]) -> None:
    """Write the table; intervals: path."""
    table = method_table(compare_methods(read_intervals(intervals)), provenance)
    save_table(table, outputs)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            intervals=snakemake.input.intervals,
            provenance=Provenance(**snakemake.params.provenance),
            outputs=list(snakemake.output),
        )
