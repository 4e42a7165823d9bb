"""What the benchmarks share: arguments, the work that both sides do, processes to do it in, and ratios with spread."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import torch
import yaml
from spreads import spread

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from ner_pruning.data.encoded_sentences import EncodedSentences, concatenate, read_encoded, write_encoded  # noqa: E402
from ner_pruning.data.sources import read_local  # noqa: E402
from ner_pruning.data.tokenization import encode, load_tokenizer  # noqa: E402
from ner_pruning.data.wikiann import Corpus  # noqa: E402
from ner_pruning.files import InputError  # noqa: E402
from ner_pruning.terms import DENSE  # noqa: E402
from ner_pruning.training.encoder import fetch_encoder  # noqa: E402
from ner_pruning.training.encoder_check import settle_packing  # noqa: E402
from ner_pruning.training.finetune import LOG_ROWS  # noqa: E402
from transformers import AutoConfig, AutoModel  # noqa: E402

SEED = 1
"""Of the weights of a random encoder, the choice and order of sentences, the head and the dropout."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Work:
    """What both sides do: a folder with `encoder/` and the encoded sentences, and how to train on them.

    finetuning, pruning: those mappings of config.yaml, with what the arguments change.
    """

    folder: Path
    batch_size: int
    finetuning: dict[str, Any]
    pruning: dict[str, Any]

    @property
    def encoder(self) -> Path:
        return self.folder / "encoder"

    @property
    def test_path(self) -> Path:
        return self.folder / "test.parquet"

    @property
    def trained(self) -> Path:
        """The folder of a stored run."""
        return self.folder / "trained"

    @property
    def published(self) -> Path:
        """The folder of the same model as transformers stores it."""
        return self.folder / "published"

    def train_path(self, steps: int) -> Path:
        """Return the file of the training sentences of so many steps."""
        return self.folder / f"train-{steps}.parquet"


@dataclass(frozen=True)
class TrainedRun:
    """A whole training run: seconds and loss of each step (or of every few, see `ours.train`), its precision, and the
    peak resident memory of its process in bytes."""

    seconds: np.ndarray
    losses: np.ndarray
    precision: str
    peak_bytes: int


def make_parser(description: str, *, steps: int) -> argparse.ArgumentParser:
    """Return a parser of the arguments that every benchmark takes; steps: how many are trained by default."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--encoder", help="a Hub id or a folder, random where it has no weights; that of config.yaml")
    parser.add_argument("--data", default=os.environ.get("WIKIANN_DIR"), help="WikiAnn's folder; $WIKIANN_DIR")
    parser.add_argument("--language", default="hi", help="whose sentences are trained on: hi, or bn,hi,ta")
    parser.add_argument("--batch-size", type=int, default=16, help="sentences of a training step")
    parser.add_argument("--steps", type=int, default=steps, help="training steps")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of torch; as in config.yaml")
    parser.add_argument("--precision", choices=["fp32", "bf16", "auto"], help="of ours; as in config.yaml")
    parser.add_argument("--dropout", type=float, help="of both sides; as in config.yaml")
    parser.add_argument("--max-length", type=int, help="pieces of a sentence; as in config.yaml")
    return parser


@contextmanager
def prepared_work(
    arguments: argparse.Namespace, steps: Iterable[int], test_languages: Sequence[str] = ()
) -> Iterator[Work]:
    """Yield the work of a benchmark, in a temporary folder: sentences for each number of steps, and those to predict.

    Raises InputError when there are no data, or too few training sentences for the steps.
    """
    if arguments.data is None:
        raise InputError("--data: no folder given, and WIKIANN_DIR is not set")
    most = 2 * LOG_ROWS - 1
    if max(steps) > most:
        raise InputError(f"--steps: {max(steps)}, expected at most {most}: a longer run does not time each step")
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    given = {key: getattr(arguments, key) for key in ("threads", "precision", "dropout", "max_length")}
    finetuning = (
        config["finetuning"] | {key: value for key, value in given.items() if value is not None} | {"epochs": 1}
    )
    source, revision = arguments.encoder, None
    if source is None:
        source, revision = config["encoder"]["name"], config["encoder"]["revision"]
    with TemporaryDirectory(prefix="benchmark-") as folder:
        work = Work(Path(folder), arguments.batch_size, finetuning, config["pruning"])
        in_child(prepare, work, source, revision, arguments.data, arguments.language, sorted(steps), test_languages)
        packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers"))
        print(f"{source}, {arguments.language}, batches of {arguments.batch_size} sentences; ", end="")
        print(f"{finetuning['threads']} threads, {packages}", flush=True)
        yield work


def prepare(
    work: Work,
    encoder: str,
    revision: str | None,
    data: str,
    language: str,
    steps: Sequence[int],
    test_languages: Sequence[str],
) -> None:
    """Write the encoder and the encoded sentences: for each number of steps the first ones of one random choice.

    language: or several, with commas between them, from whose sentences together is chosen.
    """
    parts = [read_local(data, each)["train"].corpus for each in language.split(",")]
    corpus = Corpus([words for part in parts for words in part.tokens], [tags for part in parts for tags in part.tags])
    needed = steps[-1] * work.batch_size
    if len(corpus) < needed:
        raise InputError(f"{language}: {len(corpus)} training sentences, {steps[-1]} steps need {needed}")
    tests = [read_local(data, language)["test"].corpus for language in test_languages]
    write_encoder(encoder, revision, work.encoder)
    settle_packing(work.encoder, work.finetuning["max_length"])
    tokenizer = load_tokenizer(work.encoder / "tokenizer.json", work.finetuning["max_length"])

    def encoded(corpus: Corpus, rows: Iterable[int]) -> EncodedSentences:
        rows = list(rows)
        return encode([corpus.tokens[row] for row in rows], [corpus.tags[row] for row in rows], tokenizer)

    chosen = np.random.default_rng(SEED).permutation(len(corpus))
    for count in steps:
        write_encoded(work.train_path(count), encoded(corpus, chosen[: count * work.batch_size]))
    if tests:
        write_encoded(work.test_path, concatenate([encoded(test, range(len(test))) for test in tests]))


def write_encoder(source: str, revision: str | None, out: Path) -> None:
    """Write an encoder as the workflow has it; a folder without weights gives random ones of its config."""
    folder = Path(source)
    if not folder.is_dir() or any(folder.glob("*.safetensors")) or any(folder.glob("*.bin")):
        fetch_encoder(source, revision, out)
        return
    with TemporaryDirectory(dir=out.parent) as whole:
        shutil.copytree(folder, whole, dirs_exist_ok=True)
        torch.manual_seed(SEED)
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        AutoModel.from_config(config, trust_remote_code=False).save_pretrained(whole, max_shard_size="100GB")
        fetch_encoder(whole, None, out)


def dense_and_pruned(sparsity: int) -> tuple[str, str, str]:
    """Return the dense variant and both scopes at a sparsity (percent)."""
    return DENSE, f"partial-{sparsity}", f"full-{sparsity}"


def in_child(function: Callable[..., Result], *arguments: Any) -> Result:
    """Return what a function returns in a new process: nothing of it (allocator, threads, memory) stays for the next.

    The peak resident memory that Linux reports of a process starts at that of its parent: a benchmark loads no model in
    the process that calls this.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(function, *arguments).result()


def alternate(sides: Mapping[str, Callable[[], Result]], repetitions: int) -> dict[str, list[Result]]:
    """Run each side in a process of its own, one after another, again and again; return their results by side."""
    results: dict[str, list[Result]] = {name: [] for name in sides}
    for number in range(1, repetitions + 1):
        for name, side in sides.items():
            print(f"repetition {number} of {repetitions}: {name}", file=sys.stderr, flush=True)
            results[name].append(in_child(side))
    return results


def run_benchmark(main: Callable[[], None]) -> None:
    """Run a benchmark; wrong input ends it with its one line."""
    try:
        main()
    except InputError as error:
        sys.exit(f"Error: {error}")


def take_order(sentences: int) -> np.ndarray:
    """Return the order in which `ner_pruning.training.finetune` takes so many sentences in its first epoch."""
    return torch.randperm(sentences, generator=torch.Generator().manual_seed(SEED)).numpy()


def batches(work: Work, steps: int) -> list[np.ndarray]:
    """Return the numbers of pieces of the sentences of each step's batch."""
    lengths = read_encoded(work.train_path(steps)).lengths[take_order(steps * work.batch_size)]
    return np.split(lengths, steps)


def ratio_line(name: str, ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the line of a comparison: how many times as much theirs takes as ours, repetition by repetition."""
    return f"ratio {name} {spread(their / our for our, their in zip(ours, theirs, strict=True))}"
