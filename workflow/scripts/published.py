"""Write and draw a study's F1 next to the published F1 and the chance floor."""

import pandas as pd
from jobs.logs import log_to
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.figures.against_paper import ours_and_theirs
from ner_pruning.figures.style import save_figures
from ner_pruning.report.comparison import compare, published_table
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(published: str, scores: str, intervals: str, provenance: Provenance, out: dict[str, str]) -> None:
    """Write the table and draw the figure; published, scores, intervals: paths; out: paths by suffix."""
    scores = read_all_scores(scores)
    frame = compare(read_published(published), scores, pd.read_csv(intervals))
    table = published_table(frame, provenance)
    save_table(table, [out[suffix] for suffix in ("csv", "md", "tex", "html")])
    print(table.markdown())
    save_figures(ours_and_theirs(frame, provenance), [out[suffix] for suffix in ("pdf", "png", "svg")])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        out = {path.rsplit(".", 1)[1]: path for path in snakemake.output}
        main(files.published, files.scores, files.intervals, Provenance(**params.provenance), out)
