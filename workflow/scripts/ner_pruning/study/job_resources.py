"""The time and memory that a run's jobs request from a cluster: by the study's sizes and the number of the attempt."""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ner_pruning.files import read_json
from ner_pruning.study.grid import expected_sizes, possible_schedules, training_languages, training_sets
from ner_pruning.study.languages import Language
from ner_pruning.study.schedules import Schedule
from ner_pruning.terms import DENSE, Run

STEP_SECONDS = {0: 1.4, 1: 0.03}
"""A fine-tuning step of mBERT's size by the number of GPUs: measured on one core, and for a GPU twice what a host takes
at most to start the kernels of a step, some 1,500 at 10 µs. A plan that was made on such a GPU goes before it."""

STEP_SENTENCES = 16
STEPS_TO_FORWARD = 3
"""The backward pass of a step costs twice its forward pass, which is all that prediction does."""

PEAK_MEGABYTES = {"dense": 2300, "pruned": 3200}
"""Peak resident memory of a run of mBERT's size on Hindi, which trains 1,929 rows of the embeddings."""

EMBEDDING_MEGABYTES = 1100
"""Gradients and AdamW's two moments of all 119,547 rows of the embeddings, which many languages use."""

MARGIN = 1.5
START_MINUTES = 10
"""To import torch, read the encoder over the network and store the run."""


def gpus(device: str) -> int:
    """Return the GPUs that a run on a device of the config asks for: none on `cpu`, else one."""
    return 0 if device == "cpu" else 1


def expected_steps(training_set: str, config: Mapping[str, Any], table: Mapping[str, Language]) -> int:
    """Return the optimiser steps of a run on a training set of the size that the study expects.

    Where the schedule is not fixed (other sizes are allowed), that of the smallest batches counts.
    """
    codes = training_languages(training_set, config)
    sentences = sum(expected_sizes(code, config, table)["train"] for code in codes)
    rows, epochs = possible_schedules(training_set, config, table), config["finetuning"]["epochs"]
    return max(Schedule.of_row(row, epochs, sentences).steps(sentences) for row in rows)


SETTINGS = ("data", "encoder", "finetuning", "schedules", "perturbations", "jobs_per_gpu")
"""Keys of the config that say how long a run takes, beside those that name it."""


def settings_digests(config: Mapping[str, Any]) -> dict[str, str]:
    """Return by training set a digest of what a plan of its runs holds for: its languages, and SETTINGS."""
    read = {key: config[key] for key in SETTINGS}
    return {
        name: hashlib.sha256(
            json.dumps(read | {"languages": training_languages(name, config)}, sort_keys=True).encode()
        ).hexdigest()[:16]
        for name in training_sets(config)
    }


def planned_rows(record: Mapping[str, Any], settings: Mapping[str, str]) -> dict[Run, Mapping[str, Any]]:
    """Return the rows of a plan's record by run, without those of other settings than a study's (settings_digests)."""
    return {
        Run(row["training_set"], row["variant"], row["seed"]): row
        for row in record["runs"]
        if "settings" in row and row["settings"] == settings.get(row["training_set"])
    }


def planned_seconds(plan: str | os.PathLike, gpus: int, settings: Mapping[str, str]) -> dict[Run, dict[str, float]]:
    """Return the seconds that `snakemake plan` expects of runs, by rule.

    None if it was not made, or for other devices; none of runs that it was made of with other settings. plan: its
    record. gpus: that a run asks for. settings: of `settings_digests`.
    """
    if not Path(plan).exists():
        return {}
    record = read_json(plan)
    if record.get("gpus_per_run") != gpus:
        return {}
    return {
        run: {rule: row[f"{rule}_seconds"] for rule in ("finetune", "predict")}
        for run, row in planned_rows(record, settings).items()
    }


def training_minutes(steps: int, gpus: int, attempt: int, planned: float | None = None) -> int:
    """Return the minutes that a fine-tuning asks for; attempt counts from 1, and each asks for as much again.

    planned: the seconds that a plan expects, if there is one.
    """
    return attempt * _minutes(steps * STEP_SECONDS[gpus] if planned is None else planned)


def training_megabytes(variant: str, languages: int, attempt: int) -> int:
    """Return the memory that a fine-tuning asks for; languages: how many its training set holds."""
    peak = PEAK_MEGABYTES["dense" if variant == DENSE else "pruned"]
    return attempt * math.ceil(MARGIN * (peak + (EMBEDDING_MEGABYTES if languages > 1 else 0)))


def prediction_minutes(sentences: int, gpus: int, attempt: int, planned: float | None = None) -> int:
    """Return the minutes that a prediction asks for; sentences: of all test sets of all its languages."""
    expected = sentences * STEP_SECONDS[gpus] / (STEP_SENTENCES * STEPS_TO_FORWARD)
    return attempt * _minutes(expected if planned is None else planned)


def prediction_megabytes(attempt: int) -> int:
    """Return the memory that a prediction asks for: what a dense fine-tuning needs is more than enough."""
    return attempt * math.ceil(MARGIN * PEAK_MEGABYTES["dense"])


def _minutes(seconds: float) -> int:
    return START_MINUTES + math.ceil(MARGIN * seconds / 60)
