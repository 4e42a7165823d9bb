"""Write the interval of every score, difference, mean, median and correlation of the study."""

from jobs.logs import log_to
from ner_pruning.data.language_groups import groupings, read_groups
from ner_pruning.frames import write_frame
from ner_pruning.scoring.score_table import read_all_scores, read_floors
from ner_pruning.statistics.bootstrap import read_replicates
from ner_pruning.statistics.interval_table import intervals_table, write_intervals
from ner_pruning.statistics.intervals import Cells


def main(replicates: str, scores: str, groups: str, out_parquet: str, out_csv: str) -> None:
    """Write the table twice; replicates, scores, groups: paths."""
    cells = Cells(read_replicates(replicates), read_floors(scores))
    table = intervals_table(cells, groupings(read_groups(groups)), read_all_scores(scores))
    write_intervals(out_parquet, table)
    write_frame(out_csv, table)
    print(f"{len(table)} intervals")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, out = snakemake.input, snakemake.output
        main(
            replicates=files.replicates,
            scores=files.scores,
            groups=files.groups,
            out_parquet=out.parquet,
            out_csv=out.csv,
        )
