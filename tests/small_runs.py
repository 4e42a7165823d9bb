"""A small study to train on: an encoder with random weights, and the encoded sentences of two languages."""

from pathlib import Path

import numpy as np
from ner_pruning.data.encoded_sentences import write_encoded
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.terms import MULTILINGUAL, Run
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.run import RunConfig, train_run

WORDS = ["Lamu", "ni", "mji", "wa", "Kenya", "Juma", "Mombasa", "kale", "Bara", "Hindi", "\u200d", "1912", "-"]
SIZES = {"vocabulary": 90, "hidden": 16, "layers": 2, "heads": 2, "feed_forward": 24, "positions": 40}
FINETUNING = {
    "epochs": 5,
    "learning_rate": 1e-3,
    "max_length": 40,
    "dropout": 0.1,
    "learning_rate_schedule": "linear",
    "warmup_steps": 0,
    "weight_decay": 0.0,
    "gradient_clipping": 1.0,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "precision": "fp32",
    "device": "cpu",
    "threads": 1,
}
SCHEDULES = [{"up_to": 100, "batch_size": 8, "start": 5, "end": 22, "frequency": 5}]  # 60 sentences: 8 steps an epoch
PRUNING = {"curve": "cubic", "threshold": "layer", "classifier": False, "position_embeddings": True}
WEIGHTS = "weights.safetensors.zst"
FILES = (WEIGHTS, "config.json", "training.csv", "sparsity.csv", "run.json")


def make_words(random: np.random.Generator) -> list[list[str]]:
    """Return the words of the 60 sentences of the study, of which the first 45 are sw's."""
    return [[str(word) for word in random.choice(WORDS, random.integers(1, 9))] for _ in range(60)]


def make_study(folder: Path) -> Path:
    """Write the encoder and the training sentences of two languages to a folder, and return it."""
    random = np.random.default_rng(0)
    tokens = make_words(random)
    tags = [random.integers(0, len(LABELS), len(words)).tolist() for words in tokens]
    random_encoder([[*words, "Zanzibar", "Unguja"] for words in tokens], SIZES, 0, folder / "encoder")
    tokenizer = load_tokenizer(folder / "encoder" / "tokenizer.json", 40)
    for language, part in (("sw", slice(0, 45)), ("yo", slice(45, 60))):
        write_encoded(folder / f"{language}.parquet", encode(tokens[part], tags[part], tokenizer))
    return folder


def run(
    study: Path,
    out: Path,
    variant: str,
    seed: int = 1,
    schedules=SCHEDULES,
    finetuning=FINETUNING,
    pruning=PRUNING,
    snapshot_minutes: float = 60,
    version: str = "code",
    source: Path | None = None,
    languages: tuple[str, ...] = ("sw", "yo"),
) -> Path:
    """Train a run into a folder, which may hold a snapshot of it, and return the folder."""
    out.mkdir(exist_ok=True)
    train_run(
        Run(MULTILINGUAL, variant, seed),
        encoder_folder=study / "encoder",
        encoded_paths=[str(study / f"{language}.parquet") for language in languages],
        config=RunConfig(finetuning, schedules, pruning=None if variant == "dense" else pruning),
        folder=out,
        snapshot_minutes=snapshot_minutes,
        version=version,
        source=source,
    )
    return out
