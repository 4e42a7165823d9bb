"""Write the languages of the study with their training sizes and groups."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.data.data_cards import read_training_sizes
from ner_pruning.data.language_groups import language_groups
from ner_pruning.frames import write_frame
from ner_pruning.study.languages import listed, read_languages


def main(
    cards: Mapping[str, str], languages: Sequence[str], size_classes: Sequence[int], columns: Sequence[str], out: str
) -> None:
    """Write the table; cards: paths of the data cards by language; languages: of the tables of languages.

    columns: of these that the study groups languages by besides family and script.
    """
    table = language_groups(read_training_sizes(cards), read_languages(*languages), size_classes, columns)
    write_frame(out, table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            cards=dict(zip(params.languages, files.cards, strict=True)),
            languages=listed(files.languages),
            size_classes=params.size_classes,
            columns=params.get("columns", []),
            out=snakemake.output[0],
        )
