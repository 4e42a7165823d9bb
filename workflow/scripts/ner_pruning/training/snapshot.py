"""Snapshots of a run in progress, from which it resumes after a kill, bit for bit as if it had not been interrupted.

A snapshot is a file of tensors (weights, moments, masks, scores of movement pruning), and a small JSON file with its
name, its digest and the rest of the state. The JSON file is replaced last, so a kill at any time leaves the previous
snapshot intact. The order of sentences and the dropout are not stored: both are drawn from the run's seed and the step.
"""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.optim import AdamW
from torch.optim.lr_scheduler import LRScheduler

from ner_pruning.files import InputError, atomic_path, file_digest, read_json, write_json
from ner_pruning.training.pruning import Pruner
from ner_pruning.training.word_rows import WordRows

SAVE_AND_STOP = (signal.SIGTERM, signal.SIGINT)
SAVE_AND_CONTINUE = (signal.SIGUSR1,)
"""What a batch system sends some time before it ends a job."""


class Interrupted(SystemExit):
    """The run was told to stop, and has a snapshot; its code is that of a shell for the signal."""


@dataclass
class Progress:
    """Where a run is, besides its weights, moments and masks.

    step: finished optimiser steps. losses (one per step), tokens: since the last row of the curve. row_seconds: since
    then, seconds: in all, of training. curve: its rows so far. resumed_at: steps after which the run was
    resumed.
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)
    tokens: int = 0
    row_seconds: float = 0.0
    seconds: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)
    resumed_at: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingState:
    """What training changes: restored and stored as one."""

    model: torch.nn.Module
    optimizer: AdamW
    scheduler: LRScheduler
    pruner: Pruner
    words: WordRows

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return all tensors by name, as they are: they must be stored before the next step."""
        tensors = {f"weight/{name}": parameter.detach() for name, parameter in self.model.named_parameters()}
        for name, parameter in self.model.named_parameters():
            tensors |= {f"{key}/{name}": value for key, value in self.optimizer.state.get(parameter, {}).items()}
        for matrix in self.pruner.matrices:
            for number, block in enumerate(matrix.blocks):
                tensors[f"kept/{number}/{matrix.name}"] = block.kept
                if number:  # rows that are not trained are no parameter
                    tensors[f"rest/{number}/{matrix.name}"] = block.weight
        tensors |= {f"score/{name}": score for name, score in self.pruner.scores.items()}
        return tensors | {f"words/{name}": tensor for name, tensor in self.words.tensors().items()}

    def values(self) -> dict[str, Any]:
        """Return the rest: the sparsity that was reached, and the scheduler."""
        return {"sparsity": self.pruner.sparsity, "scheduler": self.scheduler.state_dict()}

    def restore(self, tensors: Mapping[str, torch.Tensor], values: Mapping[str, Any]) -> None:
        """Take over what `tensors` and `values` returned; raises KeyError for what is missing."""
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(tensors[f"weight/{name}"])
                moments = {key: tensors.get(f"{key}/{name}") for key in ("step", "exp_avg", "exp_avg_sq")}
                if moments["step"] is not None:
                    self.optimizer.state[parameter] = {
                        key: value.to(parameter.device) for key, value in moments.items()
                    }
            for matrix in self.pruner.matrices:
                for number, block in enumerate(matrix.blocks):
                    block.kept.copy_(tensors[f"kept/{number}/{matrix.name}"])
                    if number:
                        block.weight.copy_(tensors[f"rest/{number}/{matrix.name}"])
        for name, score in self.pruner.scores.items():
            score.copy_(tensors[f"score/{name}"])
        self.words.restore({name: tensors[f"words/{name}"] for name in self.words.tensors()})
        self.pruner.sparsity = values["sparsity"]
        self.scheduler.load_state_dict(dict(values["scheduler"]))
        for group, rate in zip(self.optimizer.param_groups, self.scheduler.get_last_lr(), strict=True):
            group["lr"] = rate


class Snapshots:
    """The snapshots of one run.

    folder: where they lie, removed by `discard`. identity: what the run is made of, by what a user calls it (data,
    encoder, code, …): a snapshot with another identity is not used. minutes: between two snapshots.
    """

    def __init__(self, folder: str | os.PathLike, identity: Mapping[str, Any], minutes: float) -> None:
        self.folder, self.identity, self.seconds = Path(folder), dict(identity), 60 * minutes
        self._saved_at = self._began = time.monotonic()
        self._earlier = Progress()
        self._signal: int | None = None

    @property
    def _index(self) -> Path:
        return self.folder / "snapshot.json"

    def resume(self, state: TrainingState) -> Progress:
        """Bring the state to where the last snapshot left it, if there is one that fits; say so, or why not."""
        self._began = self._saved_at = time.monotonic()
        if self._index.exists():
            try:
                self._earlier = self._read(state)
                self._earlier.resumed_at.append(self._earlier.step)
                print(f"{self.folder}: resumes after step {self._earlier.step}")
            except InputError as error:
                print(f"{error}; the run starts afresh")
                self.discard()
        return self._earlier

    def _read(self, state: TrainingState) -> Progress:
        """Restore the state; raises InputError, before anything is changed, where the snapshot does not fit."""
        index = read_json(self._index)
        changed = [name for name, value in self.identity.items() if index["identity"].get(name) != value]
        if changed:
            raise InputError(f"{self.folder}: the snapshot was made with other {', '.join(changed)}")
        file = self.folder / index["file"]
        if not file.exists() or file_digest(file) != index["sha256"]:
            raise InputError(f"{file}: the snapshot is damaged")
        try:
            tensors = load_file(file)
        except SafetensorError as error:
            raise InputError(f"{file}: the snapshot is damaged ({error})") from None
        state.restore(tensors, index["values"])
        return Progress(**index["progress"])

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note signals that ask for a snapshot, instead of being ended by them, until the block ends."""

        def note(number: int, frame: object) -> None:
            self._signal = number

        before = {number: signal.signal(number, note) for number in (*SAVE_AND_STOP, *SAVE_AND_CONTINUE)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def due(self) -> bool:
        """Return whether it is time for a snapshot or a signal has asked for one."""
        return self._signal is not None or time.monotonic() - self._saved_at >= self.seconds

    def save(self, state: TrainingState, progress: Progress) -> None:
        """Store a snapshot; raises Interrupted where the signal that asked for it ends the run."""
        self._save(state, progress)
        asked, self._signal = self._signal, None
        if asked in SAVE_AND_STOP:
            print(f"{self.folder}: stopped by {signal.Signals(asked).name}; the next attempt resumes from here")
            raise Interrupted(128 + asked)

    def training_seconds(self) -> float:
        """Return the seconds that the run has trained, earlier attempts included as far as they were kept."""
        return self._earlier.seconds + time.monotonic() - self._began

    @property
    def resumed_at(self) -> list[int]:
        """The steps after which the run was resumed."""
        return self._earlier.resumed_at

    def _save(self, state: TrainingState, progress: Progress) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        progress.seconds, progress.resumed_at = self.training_seconds(), self.resumed_at
        file = self.folder / f"step-{progress.step}.safetensors"
        with atomic_path(file) as beside:
            save_file({name: tensor.cpu().contiguous() for name, tensor in state.tensors().items()}, beside)
        record = {"file": file.name, "sha256": file_digest(file), "identity": self.identity}
        write_json(self._index, record | {"values": state.values(), "progress": asdict(progress)})
        for other in self.folder.glob("*.safetensors"):
            if other.name != file.name:
                other.unlink()
        self._saved_at = time.monotonic()
        print(f"{self.folder}: snapshot after step {progress.step}")

    def discard(self) -> None:
        """Remove the snapshots, when the run is stored."""
        rmtree(self.folder, ignore_errors=True)
