"""Write the claims ledger: each claim of the paper, what the study's scores say about it, and the verdict."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.claims.ledger import ledger, ledger_tables, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.paper_scores import read_published, read_reference
from ner_pruning.data.data_cards import read_training_sizes
from ner_pruning.files import write_text
from ner_pruning.scoring.score_table import read_all_scores, read_floors, read_overlap
from ner_pruning.statistics.bootstrap import read_replicates
from ner_pruning.statistics.intervals import Cells
from ner_pruning.statistics.summaries import without_mentions
from ner_pruning.study.languages import language_groups, read_languages
from ner_pruning.table import html_page, markdown_page, write_frame
from ner_pruning.terms import REGULAR, Provenance


def main(
    paths: Mapping[str, str],
    cards: Mapping[str, str],
    overlap_path: str | None,
    reference_path: str | None,
    size_classes: Sequence[int],
    provenance: Provenance,
    out_csv: str,
    out_md: str,
    out_html: str,
) -> None:
    """Write the ledger; paths: of replicates, scores, published and languages; cards: by language.

    overlap_path: of the multilingual training set, None if there is none; reference_path: F1 by others, if given.
    """
    groups = language_groups(read_training_sizes(cards), read_languages(paths["languages"]), size_classes)
    overlap = [] if overlap_path is None else read_overlap(overlap_path).itertuples()
    floors = read_floors(paths["scores"])
    frame = ledger(
        Evidence(
            cells=Cells(read_replicates(paths["replicates"]), floors),
            train_sizes=groups["size"],
            families=groups["family"],
            scripts=groups["script"],
            seen_shares={row.language: 1 - row.unseen_share for row in overlap if row.test_set == REGULAR},
            floors=floors,
            reference={} if reference_path is None else read_reference(reference_path),
        ),
        published_cells(read_published(paths["published"])),
    )
    write_frame(out_csv, frame)
    tables = ledger_tables(frame, provenance, without_mentions(read_all_scores(paths["scores"])))
    write_text(out_md, markdown_page(tables))
    write_text(out_html, html_page(tables))
    print(markdown_page(tables))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params, out = snakemake.input, snakemake.params, snakemake.output
        main(
            {name: files[name] for name in ("replicates", "scores", "published", "languages")},
            dict(zip(params.languages, files.cards, strict=True)),
            files.get("overlap"),
            files.get("reference"),
            params.size_classes,
            Provenance(**params.provenance),
            out.csv,
            out.markdown,
            out.html,
        )
