"""Draw a figure of the table of intervals, figures 1-9 or one beyond the paper, as PDF, PNG and SVG."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.data.language_groups import read_groups
from ner_pruning.figures.paper_figures import draw_figure
from ner_pruning.figures.style import save_figures
from ner_pruning.statistics.interval_table import read_intervals
from ner_pruning.terms import Provenance


def main(figure: str, intervals: str, groups: str, provenance: Provenance, outputs: Sequence[str]) -> None:
    """Draw the figure; intervals, groups: paths. The numbers that the figure shows go to the log."""
    drawn, numbers = draw_figure(figure, read_intervals(intervals), read_groups(groups), provenance)
    print(numbers.to_string(index=False))
    save_figures(drawn, outputs)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            figure=snakemake.wildcards.figure,
            intervals=snakemake.input.intervals,
            groups=snakemake.input.groups,
            provenance=Provenance(**snakemake.params.provenance),
            outputs=list(snakemake.output),
        )
