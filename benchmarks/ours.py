"""Our side: `train_run`, the function that the workflow's rule `finetune` calls, and the models that it stores."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from common import SEED, TrainedRun, Work, batches
from ner_pruning.files import read_json
from ner_pruning.terms import DENSE, Run
from ner_pruning.training import finetune
from ner_pruning.training.checkpoint import load_run, peak_memory_bytes
from ner_pruning.training.process import use_threads
from ner_pruning.training.run import RunConfig, run_paths, train_run
from transformers import PreTrainedModel


def model_files(work: Work) -> tuple[Path, Path]:
    """Return the files of the stored run in `work.trained` that hold its model: weights and config."""
    paths = run_paths(work.trained)
    return paths.weights, paths.config


def train(work: Work, steps: int, variant: str = DENSE, *, cuda_graphs: bool = False, log_every: int = 1) -> TrainedRun:
    """Fine-tune, prune after the second step if the variant is pruned, and store the run in a temporary folder.

    log_every: after how many steps the run waits for the device; seconds and losses are means over them. With 1 each
    step of up to `LOG_ROWS` is a row.
    """
    rows = steps // log_every if log_every > 1 else finetune.LOG_ROWS
    with TemporaryDirectory(dir=work.folder) as folder, patch.object(finetune, "LOG_ROWS", rows):
        return train_into(Path(folder), work, steps, variant, cuda_graphs=cuda_graphs)


def train_into(folder: Path, work: Work, steps: int, variant: str = DENSE, *, cuda_graphs: bool = False) -> TrainedRun:
    """Fine-tune as `train` does, and leave the stored run in a folder."""
    schedule = {"batch_size": work.batch_size, "start": 1, "end": 2, "frequency": 1}
    train_run(
        Run("benchmark", variant, SEED),
        encoder_folder=work.encoder,
        encoded_paths=[str(work.train_path(steps))],
        config=RunConfig(work.finetuning, schedules=[schedule], pruning=None if variant == DENSE else work.pruning),
        folder=folder,
        snapshot_minutes=60,
        version="benchmark",
        cuda_graphs=cuda_graphs,
    )
    paths = run_paths(folder)
    record = read_json(paths.record)
    if cuda_graphs and record["replayed_steps"] < steps / 2:
        raise RuntimeError(f"only {record['replayed_steps']} of {steps} steps were replayed: see the lines above")
    curve = pd.read_csv(paths.curve)
    ends = curve["step"].to_numpy()
    pieces = np.cumsum([0, *(lengths.sum() for lengths in batches(work, steps))])
    of_rows = np.diff(pieces[np.concatenate([[0], ends])])
    return TrainedRun(
        seconds=of_rows / curve["tokens_per_second"].to_numpy() / np.diff(ends, prepend=0),
        losses=curve["loss"].to_numpy(),
        precision=record["precision"],
        peak_bytes=peak_memory_bytes(torch.device("cpu")),
    )


def load(work: Work) -> PreTrainedModel:
    """Return the model of the stored run in `work.trained`, as the workflow's rule `predict` loads it."""
    use_threads(work.finetuning["threads"])
    paths = run_paths(work.trained)
    return load_run(weights_path=paths.weights, config_path=paths.config, encoder_folder=work.encoder)
