"""How often the diagnosis finds predictions that say nothing, and takes those of sound models for such.

Reads the results of studies: their test sets, encoders, predictions and, where they are kept, trained models.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from ner_pruning.data.mentions import LABELS, TYPES, find_mentions, mention_tags  # noqa: E402
from ner_pruning.data.test_sets import read_encoded_evaluation, read_test_set  # noqa: E402
from ner_pruning.data.wikiann import Corpus  # noqa: E402
from ner_pruning.scoring.chance_floor import chance_floor  # noqa: E402
from ner_pruning.scoring.diagnosis import FINDINGS, diagnose  # noqa: E402
from ner_pruning.scoring.f1 import score  # noqa: E402
from ner_pruning.scoring.prediction import word_states  # noqa: E402
from ner_pruning.scoring.prediction_files import read_predictions  # noqa: E402
from ner_pruning.table import Table  # noqa: E402
from ner_pruning.terms import IN_LANGUAGE, REGULAR  # noqa: E402
from ner_pruning.training.checkpoint import load_run  # noqa: E402
from ner_pruning.training.model import load_encoder  # noqa: E402

FLOOR_FACTOR = 2
HEAD_SD = 0.02
"""Standard deviation of a new head's weights, as in BERT; it does not change which label has the highest score."""

WEAK_MODELS = {
    "F1 of about 0.05": (0.08, 0.5, 0.7),
    "F1 of about 0.1": (0.2, 0.4, 0.7),
    "F1 of about 0.2": (0.5, 0.4, 0.6),
    "nearly always O": (0.06, 0.8, 0.8),
    "types unknown": (0.7, 1 / 3, 0.4),
}
"""Share of the mentions that a made-up model finds, and of these the shares with the right type and right ends."""


class Trial(NamedTuple):
    """Predicted tags of the in-language test set of a language, one list per sentence; kind: of the predictions."""

    kind: str
    language: str
    tags: Sequence[Sequence[int]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table: one row for each kind of predictions and number of sentences, with the share of each finding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folders of studies, such as results/mine")
    parser.add_argument("--sentences", type=int, nargs="+", default=[100, 300, 1000], help="first ones of a test set")
    parser.add_argument("--trials", type=int, default=50, help="of each kind, language and number of sentences")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--csv", type=Path, help="where every trial is written")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    random, rows = np.random.default_rng(options.seed), []
    for folder in options.results:
        for number in options.sentences:
            for language, corpora in test_sets(folder, number).items():
                floor_high = chance_floor(corpora[1].tags, seed=0)["high"]
                for trial in trials(folder, language, corpora[1], options.trials, random):
                    rows.append((trial.kind, language, number, *finding_of(trial.tags, corpora, floor_high)))
                print(f"{folder}, {language}, {number} sentences: {len(rows)} trials", file=sys.stderr, flush=True)
    frame = pd.DataFrame(rows, columns=["predictions", "language", "sentences", "f1", "near", "finding"])
    if options.csv:
        frame.to_csv(options.csv, index=False)
    print(power_table(frame).markdown())


def test_sets(folder: Path, number: int) -> dict[str, tuple[Corpus, Corpus]]:
    """Return the first sentences of the regular and the in-language test set by language, where there are so many."""
    found = {}
    for path in sorted((folder / "evaluation").glob("*.parquet")):
        whole = [read_test_set(path, name) for name in (REGULAR, IN_LANGUAGE)]
        if len(whole[0]) >= number:
            found[path.stem] = tuple(Corpus(corpus.tokens[:number], corpus.tags[:number]) for corpus in whole)
    return found


def finding_of(
    predicted: Sequence[Sequence[int]], corpora: tuple[Corpus, Corpus], floor_high: float
) -> tuple[float, bool, str]:
    """Return the F1 of predictions, whether it is near the chance floor, and what the diagnosis finds.

    The F1 on the regular test set is taken to be the same: for a higher one fewer labels are called permuted.
    """
    f1 = score(corpora[1].tags, predicted)["f1"]
    found = diagnose(*corpora, predicted, set(), f1=f1, f1_regular=f1, floor_high=floor_high)
    return f1, f1 <= FLOOR_FACTOR * floor_high, found["finding"]


def trials(folder: Path, language: str, perturbed: Corpus, number: int, random: np.random.Generator) -> Iterator[Trial]:
    """Yield predictions of every kind that the folder of a study allows for."""
    flat = np.concatenate(perturbed.tags)
    limits = np.cumsum([len(tags) for tags in perturbed.tags])[:-1]

    def by_sentence(tags: np.ndarray) -> list[list[int]]:
        return [part.tolist() for part in np.split(tags, limits)]

    for _ in range(number):
        yield Trial("shuffled gold tags", language, by_sentence(random.permutation(flat)))
        yield Trial("tags uniform at random", language, by_sentence(random.integers(0, len(LABELS), len(flat))))
        for name, shares in WEAK_MODELS.items():
            yield Trial(f"made up: {name}", language, weak_model(perturbed, *shares, random))
    for type in TYPES:
        one = [[tag and 2 * TYPES.index(type) + 2 - tag % 2 for tag in tags] for tags in perturbed.tags]
        yield Trial("made up: one type for all", language, one)
    states = {"untrained head, pretrained encoder": pretrained_states(folder, language, len(perturbed.tags))}
    centred = {f"{kind}, states centred": each - each.mean(axis=0) for kind, each in states.items()}
    for run in sorted(folder.glob("runs/*/*/seed-*/weights.safetensors.zst")):
        if run.parents[2].name in (language, "multilingual"):
            states[f"untrained head, fine-tuned encoder ({run.parents[1].name})"] = trained_states(
                folder, run.parent, language, len(perturbed.tags)
            )
    for kind, each in (states | centred).items():
        for _ in range(number):
            head = random.normal(0, HEAD_SD, (each.shape[1], len(LABELS)))
            yield Trial(kind, language, by_sentence((each @ head).argmax(axis=1)))
    for path in sorted(folder.glob("runs/*/*/seed-*/predictions/*.parquet")):
        training_set, test_set = path.parents[3].name, path.stem
        if training_set not in (language, "multilingual") or test_set != IN_LANGUAGE:
            continue
        tags = read_predictions(path)[language].tags[: len(perturbed.tags)]
        yield Trial("sound run of the study", language, tags)
        for _ in range(max(1, number // 10)):
            names = random.permutation(len(LABELS))
            yield Trial("sound run, label ids permuted", language, [names[row].tolist() for row in tags])
            names = random.integers(0, len(LABELS), len(LABELS))
            yield Trial("sound run, label ids mapped at random", language, [names[row].tolist() for row in tags])


def weak_model(
    perturbed: Corpus, found: float, right_type: float, whole: float, random: np.random.Generator
) -> list[list[int]]:
    """Return gold tags with only a share of the mentions, of which shares have the right type and both right ends."""
    predicted = []
    for tags in perturbed.tags:
        row = [0] * len(tags)
        for type, start, end in find_mentions(tags):
            if random.random() < found:
                type = type if random.random() < right_type else random.choice(TYPES)
                cut = end - start > 1 and random.random() >= whole
                row[start : end - cut] = mention_tags(type, end - cut - start)
        predicted.append(row)
    return predicted


_STATES: dict[tuple, np.ndarray] = {}


def pretrained_states(folder: Path, language: str, number: int) -> np.ndarray:
    """Return the hidden states of the words of the first in-language sentences, from the study's encoder."""
    return _states(folder, language, number, None)


def trained_states(folder: Path, run: Path, language: str, number: int) -> np.ndarray:
    """Return the same from the encoder of a run whose weights are stored."""
    return _states(folder, language, number, run)


def _states(folder: Path, language: str, number: int, run: Path | None) -> np.ndarray:
    key = (folder, language, run)
    if key not in _STATES:
        if run is None:
            model = load_encoder(folder / "encoder", dropout=0.0, seed=0).eval()
        else:
            model = load_run(run / "weights.safetensors.zst", run / "config.json", folder / "encoder")
        sentences, sizes = read_encoded_evaluation(folder / "encoded" / "evaluation" / f"{language}.parquet")
        start = sum(size for name, size in list(sizes.items())[: list(sizes).index(IN_LANGUAGE)])
        _STATES[key] = word_states(model, sentences, np.arange(start, start + min(sizes[IN_LANGUAGE], 1000)))
    states = _STATES[key]
    test_set = read_test_set(folder / "evaluation" / f"{language}.parquet", IN_LANGUAGE)
    return states[: sum(map(len, test_set.tags[:number]))]


def power_table(frame: pd.DataFrame) -> Table:
    """Return the share of trials near the floor, and of each finding, by kind of predictions and sentences."""
    rows = []
    for (kind, number), part in frame.groupby(["predictions", "sentences"], sort=False):
        shares = {finding: f"{(part['finding'] == finding).mean():.1%}" for finding in FINDINGS}
        near = f"{part['near'].mean():.0%}"
        rows.append(
            {"predictions": kind, "sentences": str(number), "trials": str(len(part)), "near the floor": near} | shares
        )
    notes = ["Shares are of all trials, whether or not their F1 is near the chance floor, where a study looks."]
    return Table("diagnosis-power", "Findings of the diagnosis by kind of predictions", notes, pd.DataFrame(rows))


if __name__ == "__main__":
    main()
