"""Write the claims ledger: each claim of the paper, what the study's scores say about it, and the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.logs import log_to
from ner_pruning.claims.equal_budget import equal_budget_languages, read_equal_budget
from ner_pruning.claims.ledger import ledger, ledger_tables, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.paper_scores import read_published, read_reference
from ner_pruning.data.language_groups import groupings, read_groups
from ner_pruning.files import write_text
from ner_pruning.frames import write_frame
from ner_pruning.scoring.score_table import read_all_scores, read_floors, read_overlap, without_mentions
from ner_pruning.statistics.bootstrap import read_replicates
from ner_pruning.statistics.intervals import Cells
from ner_pruning.statistics.recall import joined
from ner_pruning.table import html_page, markdown_page
from ner_pruning.terms import REGULAR, Provenance


def main(
    replicates: str,
    scores: str,
    groups: str,
    published: str,
    overlap: str | None,
    recall: str | None,
    reference: str | None,
    equal_budget: Sequence[str] | None,
    budgets: Mapping[str, Any],
    provenance: Provenance,
    out_csv: str,
    out_md: str,
    out_html: str,
) -> None:
    """Write the ledger; all but the budgets and provenance are paths.

    overlap: of the multilingual training set, None if there is none; recall: replicates of recall of seen and unseen
    mentions, None of a study without pruned models; reference: F1 by others, if given; equal_budget:
    files of a study with equal budgets, as `read_equal_budget` takes them, if given. budgets: keys of the config, see
    `equal_budget_languages`.
    """
    table = read_groups(groups)
    of_groups = groupings(table)
    rows = [] if overlap is None else read_overlap(overlap).itertuples()
    floors = read_floors(scores)
    resampled = [read_replicates(path) for path in (replicates, recall) if path is not None]
    models = Cells(joined(resampled), floors)
    cells = models.of_the_paper()
    equal = equal_budget_languages(budgets, table["sentences"].to_dict())
    at_equal_budget = cells.of(equal) if equal else None
    if equal_budget is not None:
        at_equal_budget = read_equal_budget(*equal_budget)
    frame = ledger(
        Evidence(
            cells=cells,
            train_sizes=of_groups["size"],
            families=of_groups["family"],
            scripts=of_groups["script"],
            seen_shares={row.language: 1 - row.unseen_share for row in rows if row.test_set == REGULAR},
            floors=floors,
            reference={} if reference is None else read_reference(reference),
            equal_languages=equal,
            at_equal_budget=at_equal_budget,
            models=models,
        ),
        published_cells(read_published(published)),
    )
    write_frame(out_csv, frame)
    tables = ledger_tables(frame, provenance, without_mentions(read_all_scores(scores)))
    write_text(out_md, markdown_page(tables))
    write_text(out_html, html_page(tables))
    print(markdown_page(tables))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, out = snakemake.input, snakemake.output
        main(
            replicates=files.replicates,
            scores=files.scores,
            groups=files.groups,
            published=files.published,
            overlap=files.get("overlap"),
            recall=files.get("recall"),
            reference=files.get("reference"),
            equal_budget=files.get("equal_budget"),
            budgets=snakemake.params.budgets,
            provenance=Provenance(**snakemake.params.provenance),
            out_csv=out.csv,
            out_md=out.markdown,
            out_html=out.html,
        )
