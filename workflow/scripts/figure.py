"""Draw one of figures 1-3 as PDF and PNG."""

from collections.abc import Mapping

import pandas as pd
from compression.files import atomic_path
from compression.plots import draw_figure, save_figure
from logs import log_to


def main(
    scores: str, number: int, train_sizes: Mapping[str, int], study: str, demo: bool, out_pdf: str, out_png: str
) -> None:
    """Draw the figure; scores: path of the study's scores; train_sizes: training sentences or their class, by language.

    The numbers that the figure shows go to the log.
    """
    figure, numbers = draw_figure(number, pd.read_parquet(scores), train_sizes, study, demo)
    print(numbers.to_string(index=False))
    for path in (out_pdf, out_png):
        with atomic_path(path) as beside:
            save_figure(figure, beside)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params, out = snakemake.params, snakemake.output
        train_sizes = dict(zip(params.languages, params.train_sizes, strict=True))
        main(snakemake.input.scores, params.number, train_sizes, params.study, params.demo, out.pdf, out.png)
