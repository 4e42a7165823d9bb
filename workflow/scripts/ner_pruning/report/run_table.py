"""What the runs of a study took, from their run.json, next to what was planned."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ner_pruning.study.job_resources import planned_rows
from ner_pruning.table import Table, TableCell, count
from ner_pruning.terms import INT8, Provenance, Run


def run_statistics(records: Mapping[Run, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per run: what it trained on and what it took.

    records: run.json by run; of a quantised run, which takes no step and stores no weights, that of the run whose
    weights it has. Returns the columns training_set, variant, seed, sentences, steps, batch_size, seconds
    (training), pieces_per_second (NaN of a run that takes no step), peak_memory_mb (10^6 bytes), vocabulary_rows
    (trained; NA where all are), stored_mb (the weights' file), precision, device, threads. A quantised run has no
    seconds, memory or file of its own: NaN.
    """
    nothing = {"steps": 0, **dict.fromkeys(("training_seconds", "peak_memory_bytes", "weights_bytes"), float("nan"))}
    records = {
        run: {**record, **nothing, "precision": INT8} if run.quantised else record for run, record in records.items()
    }
    rows = [
        {
            **run._asdict(),
            "sentences": record["sentences"],
            "steps": record["steps"],
            "batch_size": record["schedule"]["batch_size"],
            "seconds": record["training_seconds"],
            "pieces_per_second": record["pieces"] / record["training_seconds"] if record["steps"] else float("nan"),
            "peak_memory_mb": record["peak_memory_bytes"] / 1e6,
            "vocabulary_rows": record["vocabulary_rows_trained"],
            "stored_mb": record["weights_bytes"] / 1e6,
            "precision": record["precision"],
            "device": record["device"],
            "threads": record["threads"],
        }
        for run, record in records.items()
    ]
    return pd.DataFrame(rows).astype({"vocabulary_rows": "Int64"})


def run_statistics_table(frame: pd.DataFrame, provenance: Provenance) -> Table:
    """Return the statistics as a table: one row per run in the CSV, one per training set and variant elsewhere.

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
                "minutes per run": _mean(runs["seconds"] / 60, 1),
                "word pieces per second": _mean(runs["pieces_per_second"], 0),
                "peak memory, MB": "" if runs["peak_memory_mb"].isna().all() else f"{runs['peak_memory_mb'].max():.0f}",
                "stored, MB": _mean(runs["stored_mb"], 1),
            }
        )
    trained = frame[frame["precision"] != INT8]
    precision, devices = (", ".join(sorted(set(trained[column]))) for column in ("precision", "device"))
    notes = [
        f"{provenance}. {count(len(trained), 'run')} trained "
        f"{frame['seconds'].sum() / 3600:.1f} hours in all, in {precision} on {devices}. Minutes, word pieces per "
        "second and stored MB are means over seeds; peak memory is the largest. Times are those of the machine that a "
        "run had, with whatever else it did.",
        "Stored is what the encoder's file does not have, compressed: weights that are not 0 of all layers, and of the "
        "word embeddings the rows that training used, or all where embeddings are pruned.",
    ]
    if len(trained) < len(frame):
        notes.append("Those in int8 are other runs' models, quantised when they predict (docs/quantisation.md).")
    rows = frame.astype(object).where(frame.notna(), "").map(_text)
    return Table("runs", "What the runs took", notes, rows, pd.DataFrame(shown).map(TableCell))


def _mean(values: pd.Series, digits: int) -> str:
    """Return the mean over the runs that have a value, nothing if none has."""
    return "" if values.isna().all() else f"{values.mean():.{digits}f}"


def _text(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


MEASURES = {
    "finetune_seconds": ("hours of fine-tuning", 3600),
    "predict_seconds": ("hours of prediction", 3600),
    "stored_bytes": ("MB of weights and predictions", 1e6),
    "steps": ("optimiser steps", 1),
}
"""Columns of a plan's runs: how they are called, and the unit that they are shown in."""


def planned_and_measured(
    plan: Mapping[str, Any], measured: Mapping[Run, Mapping[str, float]], settings: Mapping[str, str]
) -> pd.DataFrame:
    """Return one row per measure: planned and measured, summed over the runs that were planned and have run, and the
    relative error (measured / planned - 1).

    plan: see `costs.plan_text`; measured: MEASURES by run; settings: of `settings_digests`. A run that was planned
    with other settings was not planned.
    """
    planned = planned_rows(plan, settings)
    runs = [run for run in measured if run in planned]
    rows = []
    for measure, (name, unit) in MEASURES.items():
        expected, found = (sum(values[run][measure] for run in runs) / unit for values in (planned, measured))
        error = found / expected - 1 if expected else None
        rows.append({"measure": name, "runs": len(runs), "planned": expected, "measured": found, "error": error})
    return pd.DataFrame(rows)


def plan_table(frame: pd.DataFrame, plan: Mapping[str, Any]) -> Table:
    """Return what `planned_and_measured` returns as a table."""
    shown = frame.assign(
        runs=frame["runs"].astype(str),
        planned=frame["planned"].map("{:,.2f}".format),
        measured=frame["measured"].map("{:,.2f}".format),
        error=frame["error"].map(lambda error: "" if pd.isna(error) else f"{error:+.0%}"),
    )
    note = (
        f"Study {plan['study']}, planned on {plan['rates']['device']} with {count(plan['runs_at_a_time'], 'run')} at a "
        "time. Hours are summed over jobs, each from the start of its process to its end. The error is how much "
        "more was needed than planned. Runs that were planned with other settings are left out."
    )
    rows = frame.astype(object).where(frame.notna(), "").astype(str)
    return Table("plan", "Planned and measured", [note], rows, shown.map(TableCell))
