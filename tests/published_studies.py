"""The studies of real data that `docs/` publishes: their results, the runs in their archives, and their pages."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml
import zstandard
from ner_pruning.data.language_groups import groupings, language_groups
from ner_pruning.data.perturbation import mention_pool, replace_mentions
from ner_pruning.data.sources import read_local
from ner_pruning.data.wikiann import Corpus
from ner_pruning.scoring.found_mentions import Found, Properties, read_compared
from ner_pruning.study.contents import compared_runs
from ner_pruning.study.grid import expected_sizes, study_runs
from ner_pruning.study.languages import pool_languages, read_languages
from ner_pruning.terms import REGULAR, VALIDATION, Run
from real_data import WIKIANN

ROOT = Path(__file__).parents[1]
LOW_RESOURCE, METHODS = ROOT / "docs" / "low-resource", ROOT / "docs" / "low-resource-methods"
TOGETHER = ROOT / "docs" / "low-resource-together"
SWAHILI, HINDI = ROOT / "docs" / "low-resource-swahili", ROOT / "docs" / "mid-resource"
OF_ONE_LANGUAGE = (SWAHILI, HINDI)
PUBLISHED = [LOW_RESOURCE, METHODS, TOGETHER, *OF_ONE_LANGUAGE]
ENCODER = "multilingual-e5-small"


def read_results(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of the results of a published study."""
    return pd.read_csv(folder / "results" / name, keep_default_na=False, na_values=[""], low_memory=False)


def running_text(path: Path) -> str:
    """Return a page as running text."""
    return " ".join(path.read_text(encoding="utf-8").split())


def prose(path: Path) -> str:
    """Return a page as running text, without its tables."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return " ".join(line.strip() for line in lines if not line.startswith("|"))


def tables_of(path):
    """Return the tables of a Markdown page, as rows of cells; the first row is the header."""
    tables = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in block.splitlines()]
        if block.startswith("| "):
            tables.append([row for row in rows if not set(row[0]) <= set("-:")])
    return tables


class Published(NamedTuple):
    """A published study: its folder in docs, its config and scores, and the folder of each run from its archive."""

    folder: Path
    config: dict[str, Any]
    scores: pd.DataFrame
    runs: dict[Run, Path]

    def floors(self) -> dict[tuple[str, str], float]:
        """Return the chance floor by language and test set."""
        tested = self.scores[self.scores["test_set"] != VALIDATION]
        return dict(zip(zip(tested.language, tested.test_set, strict=True), tested.chance_floor, strict=True))

    def compared(self) -> tuple[dict[Run, Found], dict[str, Properties]]:
        """Return which mentions the runs find, and the properties of these mentions (`read_compared`)."""
        runs = {run: self.runs[run] for run in compared_runs(self.config)}
        top = next(iter(runs.values())).parents[3]
        mentions = {run.training_set: top / "mentions" / f"{run.training_set}.parquet" for run in runs}
        return read_compared({run: path / "found.parquet" for run, path in runs.items()}, mentions)

    def groups(self) -> dict[str, dict[str, Any]]:
        """Return sizes, families and scripts by language."""
        languages = read_languages(ROOT / "resources" / "languages.tsv")
        classes = [row["up_to"] for row in self.config["schedules"]]
        return groupings(language_groups(self.sizes(), languages, classes).set_index("language"))

    def sizes(self) -> dict[str, int]:
        """Return the training sentences by language."""
        languages = read_languages(ROOT / "resources" / "languages.tsv")
        return {code: expected_sizes(code, self.config, languages)["train"] for code in self.config["languages"]}


def unpacked(folder: Path, top: Path) -> Published:
    """Return a published study, whose archive is unpacked into a folder."""
    config = yaml.safe_load((folder / "results" / "config.yaml").read_text())
    with (
        (folder / "runs.tar.zst").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # new in Python 3.11.4
        archive.extractall(top, **safely)
    runs = study_runs(config)
    runs_folder = top / config["study"] / "runs"
    assert len(list(runs_folder.rglob("scores.csv"))) == len(runs)
    return Published(
        folder,
        config,
        pd.read_csv(folder / "results" / "scores.csv"),
        {run: runs_folder / run.training_set / run.variant / f"seed-{run.seed}" for run in runs},
    )


def built_sets(config: dict[str, Any]) -> Iterator[tuple[str, str, Corpus]]:
    """Yield a study's test sets, built again from the real data: language, test set, sentences."""
    languages, replacement = read_languages(ROOT / "resources" / "languages.tsv"), config["replacement"]
    regular = {code: read_local(WIKIANN, code)["test"].corpus for code in config["languages"]}
    for code, corpus in regular.items():
        yield code, REGULAR, corpus
        for perturbation in config["perturbations"]:
            pool = pool_languages(code, perturbation, list(regular), languages, replacement["own_language"])
            if pool:
                mentions = mention_pool((regular[other] for other in pool), replacement["unique_mentions"])
                options = {"seed": replacement["seed"], "share": replacement["share"]}
                replaced, _ = replace_mentions(corpus, mentions, perturbation=perturbation, language=code, **options)
                yield code, perturbation, replaced


def cell_with_interval(estimate: float, low: float, high: float) -> str:
    """Return a cell of the tables of F1: "0.771 [.68, .86]"."""
    return f"{estimate:.3f} [{low:.2f}, {high:.2f}]".replace(" 0.", " .").replace("[0.", "[.")


def printed_number(value: float, digits: int) -> str:
    """Return a number as pages have it: with a minus, which 0 has not."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")
