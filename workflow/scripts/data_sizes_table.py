"""Write table 1: the study's languages by training size."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.data.data_cards import read_training_sizes
from ner_pruning.report.data_tables import data_sizes_table
from ner_pruning.study.languages import listed, read_languages
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance


def main(
    cards: dict[str, str],
    monolingual: Sequence[str],
    languages_paths: Sequence[str],
    size_classes: Sequence[int],
    provenance: Provenance,
    *out: str,
) -> None:
    """Write the table; cards: paths of the data cards by language, in the order of the study."""
    sentences = read_training_sizes(cards)
    resource = read_languages(*languages_paths)
    table = data_sizes_table(sentences, monolingual, resource, sorted(size_classes), provenance)
    save_table(table, out)
    print(table.markdown())


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params, out = snakemake.input, snakemake.params, snakemake.output
        cards = dict(zip(params.languages, files.cards, strict=True))
        names = (params.size_classes, Provenance(**params.provenance))
        main(cards, params.monolingual, listed(files.languages), *names, *out)
