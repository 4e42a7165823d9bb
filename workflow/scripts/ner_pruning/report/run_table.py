"""What the runs of a study took, from their run.json."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ner_pruning.statistics.summaries import count
from ner_pruning.table import Cell, Table

Run = tuple[str, str, int]
"""Training set, variant and seed."""


def run_statistics(records: Mapping[Run, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a run: what it trained on and what it took.

    records: run.json by run. Returns the columns training_set, variant, seed, sentences, steps, batch_size, seconds
    (training), pieces_per_second, peak_memory_mb (10^6 bytes), vocabulary_rows (trained; NA where all are), stored_mb
    (the weights' file), precision, device, threads.
    """
    rows = [
        {
            "training_set": training_set,
            "variant": variant,
            "seed": seed,
            "sentences": record["sentences"],
            "steps": record["steps"],
            "batch_size": record["schedule"]["batch_size"],
            "seconds": record["training_seconds"],
            "pieces_per_second": record["pieces"] / record["training_seconds"],
            "peak_memory_mb": record["peak_memory_bytes"] / 1e6,
            "vocabulary_rows": record["vocabulary_rows_trained"],
            "stored_mb": record["weights_bytes"] / 1e6,
            "precision": record["precision"],
            "device": record["device"],
            "threads": record["threads"],
        }
        for (training_set, variant, seed), record in records.items()
    ]
    return pd.DataFrame(rows).astype({"vocabulary_rows": "Int64"})


def run_statistics_table(frame: pd.DataFrame, study: str, encoder: str, demo: bool) -> Table:
    """Return the statistics as a table: a row a run in the CSV, a row a training set and variant in what is shown.

    frame: of `run_statistics`.
    """
    shown = []
    for (training_set, variant), runs in frame.groupby(["training_set", "variant"], sort=False):
        shown.append(
            {
                "training set": training_set,
                "variant": variant,
                "runs": str(len(runs)),
                "sentences": str(runs["sentences"].max()),
                "steps": str(runs["steps"].max()),
                "minutes a run": f"{runs['seconds'].mean() / 60:.1f}",
                "pieces a second": f"{runs['pieces_per_second'].mean():.0f}",
                "peak memory, MB": f"{runs['peak_memory_mb'].max():.0f}",
                "stored, MB": f"{runs['stored_mb'].mean():.1f}",
            }
        )
    precision, devices = (", ".join(sorted(set(frame[column]))) for column in ("precision", "device"))
    notes = [
        f"Study {study}, encoder {encoder}{', demo on synthetic text' * demo}. {count(len(frame), 'run')} trained "
        f"{frame['seconds'].sum() / 3600:.1f} hours in all, in {precision} on {devices}. Minutes, pieces a second and "
        "what is stored are means over seeds, peak memory is the largest."
    ]
    rows = frame.astype(object).where(frame.notna(), "").map(_text)
    return Table("runs", "What the runs took", notes, rows, pd.DataFrame(shown).map(Cell))


def _text(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
