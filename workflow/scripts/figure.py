"""Draw one of figures 1-3 as PDF and PNG."""

from collections.abc import Mapping, Sequence

from compression.analysis import size_class
from compression.cards import read_training_sizes
from compression.files import atomic_path
from compression.parquet import read_table
from compression.plots import draw_figure, save_figure
from logs import log_to


def main(
    scores: str,
    number: int,
    cards: Mapping[str, str],
    size_classes: Sequence[int],
    study: str,
    demo: bool,
    out_pdf: str,
    out_png: str,
) -> None:
    """Draw the figure; scores: path of the study's scores; cards: paths of the data cards by language.

    The numbers that the figure shows go to the log.
    """
    sentences = read_training_sizes(cards)
    train_sizes = {language: size_class(size, size_classes) for language, size in sentences.items()}
    figure, numbers = draw_figure(number, read_table(scores).to_pandas(use_threads=False), train_sizes, study, demo)
    print(numbers.to_string(index=False))
    for path in (out_pdf, out_png):
        with atomic_path(path) as beside:
            save_figure(figure, beside)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, out = snakemake.params, snakemake.output
        cards = dict(zip(params.languages, snakemake.input.cards, strict=True))
        main(
            snakemake.input.scores,
            params.number,
            cards,
            params.size_classes,
            params.study,
            params.demo,
            out.pdf,
            out.png,
        )
