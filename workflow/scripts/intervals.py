"""Write the interval of every score, difference and mean of the study."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.data.data_cards import read_training_sizes
from ner_pruning.scoring.score_table import read_floors
from ner_pruning.statistics.bootstrap import read_replicates
from ner_pruning.statistics.intervals import Cells, intervals_table
from ner_pruning.study.languages import language_groups, read_languages
from ner_pruning.table import write_frame


def main(paths: Mapping[str, str], cards: Mapping[str, str], size_classes: Sequence[int], out: str) -> None:
    """Write the table; paths: of replicates, scores and languages; cards: paths of the data cards by language."""
    groups = language_groups(read_training_sizes(cards), read_languages(paths["languages"]), size_classes)
    cells = Cells(read_replicates(paths["replicates"]), read_floors(paths["scores"]))
    table = intervals_table(cells, groups)
    write_frame(out, table)
    print(f"{len(table)} intervals")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        cards = dict(zip(params.languages, files.cards, strict=True))
        paths = {name: files[name] for name in ("replicates", "scores", "languages")}
        main(paths, cards, params.size_classes, snakemake.output[0])
