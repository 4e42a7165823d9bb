"""Write and draw what pruning forgets: means over languages, by class of mentions."""

from collections.abc import Mapping

from jobs.logs import log_to
from ner_pruning.figures.forgetting import forgotten_by_class
from ner_pruning.figures.style import save_figures
from ner_pruning.report.forgetting_tables import forgetting_means
from ner_pruning.statistics.forgetting import read_forgetting
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(forgotten: str, provenance: Provenance, out: Mapping[str, str]) -> None:
    """Write the table and draw the figure; forgotten: path; out: paths by suffix."""
    frame = read_forgetting(forgotten)
    table = forgetting_means(frame, provenance)
    save_table(table, [out[suffix] for suffix in ("csv", "md", "tex", "html")])
    print(table.markdown())
    save_figures(forgotten_by_class(frame, provenance), [out[suffix] for suffix in ("pdf", "png", "svg")])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            forgotten=snakemake.input.forgotten,
            provenance=Provenance(**snakemake.params.provenance),
            out={path.rsplit(".", 1)[1]: path for path in snakemake.output},
        )
