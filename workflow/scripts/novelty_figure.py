"""Draw the figure `novelty`: perturbed F1 beside the share of unseen mentions, as PDF, PNG and SVG."""

from collections.abc import Sequence

from jobs.logs import log_to
from ner_pruning.figures.by_overlap import fraction_and_novelty
from ner_pruning.figures.style import save_figures
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.statistics.summaries import fractions_by_language, main_setting
from ner_pruning.terms import Provenance


def main(scores: str, provenance: Provenance, outputs: Sequence[str]) -> None:
    """Draw the figure; scores: path of the study's scores. The numbers that the figure shows go to the log."""
    table = read_all_scores(scores)
    setting = main_setting(table)
    numbers = fractions_by_language(table, setting)
    print(numbers.to_string(index=False))
    figure = fraction_and_novelty(numbers, setting, provenance)
    save_figures(figure, outputs)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        main(snakemake.input.scores, Provenance(**params.provenance), list(snakemake.output))
