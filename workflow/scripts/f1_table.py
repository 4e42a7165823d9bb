"""Write one of tables 2-9: F1 by language and sparsity, with means and medians."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.report.f1_tables import f1_table
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.statistics.interval_table import read_intervals
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(
    intervals: str, scores: str, number: int, languages: Sequence[str], provenance: Provenance, outputs: Sequence[str]
) -> None:
    """Write the table; intervals, scores: paths; languages: those of the setting, in the rows' order."""
    table = f1_table(read_intervals(intervals), read_all_scores(scores), number, languages, provenance)
    save_table(table, outputs)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            intervals=files.intervals,
            scores=files.scores,
            number=params.number,
            languages=params.languages,
            provenance=Provenance(**params.provenance),
            outputs=list(snakemake.output),
        )
