"""How far a plan was right: what runs were to take, and what they took."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ner_pruning.report.run_table import Run
from ner_pruning.statistics.summaries import count
from ner_pruning.table import Cell, Table

MEASURES = {
    "finetune_seconds": ("hours of fine-tuning", 3600),
    "predict_seconds": ("hours of prediction", 3600),
    "stored_bytes": ("MB of weights and predictions", 1e6),
    "steps": ("optimiser steps", 1),
}
"""Columns of a plan's runs: how they are called, and the unit that they are shown in."""


def planned_and_measured(plan: Mapping[str, Any], measured: Mapping[Run, Mapping[str, float]]) -> pd.DataFrame:
    """Return one row a measure: planned and measured, summed over the runs that were planned and have run, and the
    relative error (measured / planned - 1).

    plan: see `costs.plan_text`; measured: MEASURES by run.
    """
    planned = {(row["training_set"], row["variant"], row["seed"]): row for row in plan["runs"]}
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
        "time. Hours are those of the jobs, one after another, each from the start of its process to its end; the "
        "error is how much more was needed than planned."
    )
    rows = frame.astype(object).where(frame.notna(), "").astype(str)
    return Table("plan", "Planned and measured", [note], rows, shown.map(Cell))
