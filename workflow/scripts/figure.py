"""Draw one of figures 1-9 as PDF, PNG and SVG."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.data.data_cards import read_training_sizes
from ner_pruning.figures.paper_figures import TRAINING_SIZE, draw_figure
from ner_pruning.figures.style import save_figures
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.study.languages import language_groups, read_languages
from ner_pruning.terms import Provenance


def main(
    scores: str,
    number: int,
    cards: Mapping[str, str],
    languages: str,
    size_classes: Sequence[int],
    provenance: Provenance,
    outputs: Sequence[str],
) -> None:
    """Draw the figure; scores: path of the study's scores; cards: paths of the data cards by language.

    languages: path of the table of languages. The numbers that the figure shows go to the log.
    """
    groups = language_groups(read_training_sizes(cards), read_languages(languages), size_classes)
    groupings = {TRAINING_SIZE: groups["size"], "family": groups["family"], "script": groups["script"]}
    figure, numbers = draw_figure(number, read_all_scores(scores), groupings, provenance)
    print(numbers.to_string(index=False))
    save_figures(figure, outputs)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, files = snakemake.params, snakemake.input
        cards = dict(zip(params.languages, files.cards, strict=True))
        study = (params.size_classes, Provenance(**params.provenance))
        main(files.scores, params.number, cards, files.languages, *study, list(snakemake.output))
