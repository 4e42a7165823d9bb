"""Write and draw a study's F1 next to the published F1 and the two floors."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.figures.against_paper import ours_and_theirs
from ner_pruning.figures.style import save_figures
from ner_pruning.report.comparison import compare, published_table
from ner_pruning.statistics.interval_table import read_intervals
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(
    published: str,
    intervals: str,
    provenance: Provenance,
    out: Mapping[str, str],
    languages: Sequence[str] | None = None,
) -> None:
    """Write the table and draw the figure; published, intervals: paths; out: paths by suffix.

    languages: those that are compared; None for all.
    """
    cells = [cell for cell in read_published(published) if languages is None or cell.language in languages]
    frame = compare(cells, read_intervals(intervals))
    table = published_table(frame, provenance)
    save_table(table, [out[suffix] for suffix in ("csv", "md", "tex", "html")])
    print(table.markdown())
    save_figures(ours_and_theirs(frame, provenance), [out[suffix] for suffix in ("pdf", "png", "svg")])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            published=snakemake.input.published,
            intervals=snakemake.input.intervals,
            provenance=Provenance(**snakemake.params.provenance),
            languages=snakemake.params.get("languages"),
            out={path.rsplit(".", 1)[1]: path for path in snakemake.output},
        )
