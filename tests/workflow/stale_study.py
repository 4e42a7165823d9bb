"""A small study that has run, what its jobs are, and which of them follow from others: what the tests expect."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hub_layout import write_hub_files
from ner_pruning.data.synthetic import generate
from ner_pruning.study.data_form import SPLITS
from ner_pruning.training.encoder import random_encoder
from workflow_copy import ROOT, Workflow

SIZES = {"train": 24, "validation": 8, "test": 12}
ENCODER = {"seed": 0, "vocabulary": 400, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}

# hi and mr share a script, bg is alone in its own. hi alone has partial models, and those of other methods.
LANGUAGES = ("hi", "mr", "bg")
AFTER, REWOUND = "hi full-50-after 1", "hi full-50-rewound 1"
HINDI = ("hi dense 1", "hi partial-50 1", "hi full-50 1", AFTER, REWOUND)
METHODS = {name: {"scopes": ["full"], "sparsities": [50], "training_sets": ["hi"]} for name in ("after", "rewound")}
BULGARIAN = ("bg dense 1", "bg full-50 1")
MULTILINGUAL = ("multilingual dense 1", "multilingual full-50 1")
RUNS = (*HINDI, *BULGARIAN, *MULTILINGUAL)

CONFIG = {"study_config"}
DRAWN = (*(f"figure-{number}" for number in range(1, 10)), "languages", "novelty", "methods")
FIGURES = {*(f"figure {name}" for name in DRAWN), "published"}
TABLES = {f"f1_table {number}" for number in range(2, 10)}
OF_METHODS = {"figure methods", "methods_table"}
"""What only a study with other methods has."""

AFTER_INTERVALS = TABLES | FIGURES | OF_METHODS | {"explore"}
AFTER_SCORES = {"collect_scores", "bootstrap", "intervals", "claims", "diagnosis", "calibration"} | AFTER_INTERVALS
FORGOTTEN = {"forgotten", "forgotten_means"}
AFTER_FOUND = {"recall"} | FORGOTTEN
AFTER_CARDS = {"data_sizes_table", "language_groups", "intervals", "claims"} | AFTER_INTERVALS | FORGOTTEN
"""What reads how large the languages' training sets are; their groups are those of the table of intervals."""


def jobs(rules: str, *wildcards: Iterable[str]) -> set[str]:
    """Return the jobs of some rules: jobs("encode overlap", ["hi", "bg"]) are four."""
    values = [""]
    for choices in wildcards:
        values = [f"{value} {choice}" for value in values for choice in choices]
    return {f"{rule}{value}" for rule in rules.split() for value in values}


def predicted(runs: Iterable[str]) -> set[str]:
    """Return the jobs that follow from new test sets of some runs, or new code that predicts."""
    runs = set(runs)
    return jobs("predict score", runs) | scored(runs)


def scored(runs: Iterable[str]) -> set[str]:
    """Return the jobs that follow from scoring some runs; the forgotten sentences shown are of hi."""
    shown = {"forgotten_sentences"} if any(run.startswith(("hi ", "multilingual ")) for run in runs) else set()
    return AFTER_SCORES | AFTER_FOUND | shown


def trained(runs: Iterable[str]) -> set[str]:
    """Return the jobs that follow from training some runs; the matrices shown are those of the multilingual one."""
    runs = set(runs)
    shown = {"sparsity_map"} if runs & {"multilingual full-50 1"} else set()
    return jobs("finetune", runs) | predicted(runs) | {"training_curves", "run_statistics"} | shown


PERTURBED = jobs("perturb", ["in-language"], LANGUAGES) | jobs("perturb", ["in-script"], ["hi", "mr"])
EVALUATED = jobs("test_sets encode_test_sets chance_floor", LANGUAGES)
EVALUATED |= jobs("overlap mention_properties", ["hi", "bg", "multilingual"])
ENCODED = jobs("data_card encode encode_test_sets", LANGUAGES) | trained(RUNS) | AFTER_CARDS
"""What follows from another encoder, or another length limit."""

FROM_DATA = jobs("split_data", LANGUAGES, SPLITS) | PERTURBED | EVALUATED | ENCODED | {"examples_table 10"}
EVERYTHING = FROM_DATA | {"build_encoder"} | CONFIG


@dataclass
class Study:
    """The study in a copy of the workflow; folder has its data, its encoder and its overlays."""

    workflow: Workflow
    folder: Path
    killed: str = ""  # what was printed until it was killed
    left: Counter = field(default_factory=Counter)  # the jobs that were planned then

    @property
    def results(self) -> Path:
        return self.workflow.folder / "results/stale"

    @property
    def overlay(self) -> str:
        """The overlay that the study has run with."""
        return self.write("study", self.config)

    @property
    def config(self) -> dict[str, Any]:
        tiny = yaml.safe_load((ROOT / "studies/tiny.yaml").read_text())
        return tiny | {
            "study": "stale",
            "languages": [*LANGUAGES],
            "monolingual": ["hi", "bg"],
            "multilingual": True,
            "perturbations": ["in-language", "in-script"],
            "encoder": {"source": "local", "folder": str(self.folder / "encoder"), "random": ENCODER},
            "data": {
                "source": "local",
                "folder": str(self.folder / "data"),
                "allow_other_sizes": True,
                "synthetic": {"seed": 0, "sizes": {code: dict(SIZES) for code in (*LANGUAGES, "ru")}},
            },
            "schedules": [
                {"up_to": 50, "batch_size": 8, "start": 2, "end": 6, "frequency": 2},
                {"up_to": 100, "batch_size": 8, "start": 2, "end": 6, "frequency": 2},
            ],
            "pruning": {"scopes": ["partial", "full"], "sparsities": [50], "methods": METHODS},
            "fewer_runs": {"bg": {"scopes": ["full"]}, "multilingual": {"scopes": ["full"]}},
        }

    def write(self, name: str, config: dict[str, Any]) -> str:
        """Write an overlay and return its path."""
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        return str(path)

    def changed(self, name: str, **values: Any) -> str:
        """Write the study's overlay with other values of top-level keys, and return its path."""
        return self.write(name, self.config | values)

    def data_file(self, language: str, split: str) -> Path:
        return self.folder / "data" / language / f"{split}-00000-of-00001.parquet"

    def kill_in_a_fine_tuning(self) -> str:
        """Run the study, kill snakemake and its job in the first fine-tuning, and return what it has printed.

        It runs one job at a time, so that the fine-tuning is all that is cut off.
        """
        printed = self.folder / "printed"
        process = self.workflow.start(printed, "--cores", "1", "--configfile", self.overlay)
        while "rule finetune:" not in printed.read_text():
            assert process.poll() is None, printed.read_text()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return printed.read_text()


def make_study(workflow: Workflow, folder: Path) -> Study:
    """Write data in the Hub's layout and an encoder for the study, which has not run."""
    texts = []
    for code in (*LANGUAGES, "ru"):
        corpora = generate(code, SIZES, 0)
        texts += corpora["train"].tokens
        write_hub_files(folder / "data" / code, corpora)
    random_encoder(texts, ENCODER, ENCODER["seed"], folder / "encoder")
    return Study(workflow, folder)


@contextmanager
def times_kept(paths: Iterable[Path]) -> Iterator[None]:
    """Give files their times back at the end, which are all that counts where there are no records of results."""
    times = {path: (path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in paths}
    try:
        yield
    finally:
        for path, ns in times.items():
            os.utime(path, ns=ns)


def with_value(config: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a config with another value of a key, such as `data.folder`, or `schedules.0.start` in a list."""
    config = deepcopy(config)
    inner = config
    *path, last = [int(part) if part.isdecimal() else part for part in key.split(".")]
    for part in path:
        inner = inner[part] if isinstance(inner, list) else inner.setdefault(part, {})
    inner[last] = value
    return config
