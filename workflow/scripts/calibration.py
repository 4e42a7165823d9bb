"""Write and draw the calibration of a study's models."""

from collections.abc import Mapping, Sequence

from jobs.logs import log_to
from ner_pruning.figures.calibration import draw_calibration
from ner_pruning.figures.style import save_figures
from ner_pruning.report.calibration_table import calibration_table
from ner_pruning.scoring.confidence import read_confidence
from ner_pruning.statistics.calibration import measure_calibration
from ner_pruning.table import save_table
from ner_pruning.terms import Provenance, Run


def main(
    runs: Sequence[Run], confidence: Sequence[str], seed: int, provenance: Provenance, out: Mapping[str, str]
) -> None:
    """Write the table and draw the figure; confidence: path of each run's counts; out: paths by suffix."""
    frame = measure_calibration(runs, map(read_confidence, confidence), seed=seed)
    table = calibration_table(frame, provenance)
    save_table(table, [out[suffix] for suffix in ("csv", "md", "tex", "html")])
    print(table.markdown())
    save_figures(draw_calibration(frame, provenance), [out[suffix] for suffix in ("pdf", "png", "svg")])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        params = snakemake.params
        main(
            [Run(*run) for run in params.runs],
            snakemake.input.confidence,
            params.seed,
            Provenance(**params.provenance),
            out={path.rsplit(".", 1)[1]: path for path in snakemake.output},
        )
