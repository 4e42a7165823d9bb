"""What `docs/` publishes of studies of real data: its scores and claims are those of the runs that lie beside them."""

import re
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import yaml
import zstandard
from ner_pruning.claims.ledger import ledger, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.data.language_groups import groupings, language_groups
from ner_pruning.files import read_json
from ner_pruning.report.run_table import run_statistics, run_statistics_table
from ner_pruning.scoring.f1 import read_counts
from ner_pruning.scoring.found_mentions import Found, Properties, read_compared
from ner_pruning.statistics.bootstrap import Replicates, resample
from ner_pruning.statistics.forgetting import forgetting_table
from ner_pruning.statistics.intervals import Cells
from ner_pruning.statistics.recall import joined, resampled_recall
from ner_pruning.study.contents import compared_runs
from ner_pruning.study.grid import expected_sizes, study_runs
from ner_pruning.study.languages import read_languages
from ner_pruning.study.methods import stored_run
from ner_pruning.terms import MULTILINGUAL, REGULAR, VALIDATION, Provenance, Run

ROOT = Path(__file__).parents[2]
LOW_RESOURCE, METHODS = ROOT / "docs" / "low-resource", ROOT / "docs" / "low-resource-methods"
ENCODER = "multilingual-e5-small"


class Published(NamedTuple):
    """A published study: its folder in docs, its config and scores, and the folder of each run from its archive."""

    folder: Path
    config: dict[str, Any]
    scores: pd.DataFrame
    runs: dict[Run, Path]

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of its results."""
        return pd.read_csv(self.folder / "results" / name, keep_default_na=False, na_values=[""])

    @property
    def text(self) -> str:
        """Its page, as running text."""
        return " ".join((self.folder / "README.md").read_text(encoding="utf-8").split())

    def compared(self) -> tuple[dict[Run, Found], dict[str, Properties]]:
        """Return which mentions the runs find, and the properties of these mentions (`read_compared`)."""
        runs = {run: self.runs[run] for run in compared_runs(self.config)}
        top = next(iter(runs.values())).parents[3]
        mentions = {run.training_set: top / "mentions" / f"{run.training_set}.parquet" for run in runs}
        return read_compared({run: path / "found.parquet" for run, path in runs.items()}, mentions)

    def groups(self) -> dict[str, dict[str, Any]]:
        """Return sizes, families and scripts by language."""
        languages = read_languages(ROOT / "resources" / "languages.tsv")
        sizes = {code: expected_sizes(code, self.config, languages)["train"] for code in self.config["languages"]}
        classes = [row["up_to"] for row in self.config["schedules"]]
        return groupings(language_groups(sizes, languages, classes).set_index("language"))


@pytest.fixture(scope="module", params=[LOW_RESOURCE, METHODS], ids=lambda folder: folder.name)
def study(request, tmp_path_factory) -> Published:
    config = yaml.safe_load((request.param / "results" / "config.yaml").read_text())
    folder = tmp_path_factory.mktemp("runs")
    with (
        (request.param / "runs.tar.zst").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # new in Python 3.11.4
        archive.extractall(folder, **safely)
    runs = study_runs(config)
    top = folder / config["study"] / "runs"
    assert len(list(top.rglob("scores.csv"))) == len(runs)
    return Published(
        request.param,
        config,
        pd.read_csv(request.param / "results" / "scores.csv"),
        {run: top / run.training_set / run.variant / f"seed-{run.seed}" for run in runs},
    )


@pytest.fixture(scope="module")
def replicates(study) -> Replicates:
    """The F1 of the runs, resampled as the study did."""
    counts = [read_counts(path / "counts.parquet") for path in study.runs.values()]
    return resample(list(study.runs), counts, **study.config["bootstrap"])


def test_the_scores_are_those_of_the_runs(study):
    keys = ["training_set", "variant", "seed", "language", "test_set"]
    frames = [pd.read_csv(path / "scores.csv").assign(**run._asdict()) for run, path in study.runs.items()]
    of_runs = pd.concat(frames).set_index(keys).sort_index()
    of_study = study.scores.set_index(keys).sort_index()
    assert of_study.index.equals(of_runs.index)
    for column in ("sentences", "mentions", "predicted", "correct", "f1"):
        pd.testing.assert_series_equal(of_study[column], of_runs[column], check_exact=True)


def test_the_claims_follow_from_the_runs(study, replicates):
    published = study.table("claims.csv")
    if published["claim"].str.startswith("own ").any():
        recall = resampled_recall(*study.compared(), **study.config["bootstrap"])
        replicates = joined([replicates, recall])
    groups, scores = study.groups(), study.scores
    known = scores[scores["test_set"] != VALIDATION]
    floors = dict(zip(zip(known.language, known.test_set, strict=True), known.chance_floor, strict=True))
    of_multilingual = (scores["training_set"] == MULTILINGUAL) & (scores["variant"] == "dense")
    seen = scores[of_multilingual & (scores["test_set"] == REGULAR)]
    models = Cells(replicates, floors)
    evidence = Evidence(
        cells=models.of_the_paper(),
        train_sizes=groups["size"],
        families=groups["family"],
        scripts=groups["script"],
        seen_shares=dict(zip(seen.language, 1 - seen.unseen_share, strict=True)),
        floors=floors,
        reference={},
        models=models,
    )
    result = ledger(evidence, published_cells(read_published(ROOT / "resources" / "paper_f1.csv")))
    result = result[result["claim"].isin(published["claim"])].reset_index(drop=True)  # it may be from before a new one
    assert (published["verdict"] != "not tested").sum() > 30
    for column in ("claim", "part", "verdict"):
        assert result[column].tolist() == published[column].tolist()
    for column in ("measured", "low", "high", "paper"):
        pd.testing.assert_series_equal(result[column].astype(float), published[column].astype(float), rtol=1e-6)


def test_what_is_forgotten_follows_from_the_runs(study):
    frame = forgetting_table(*study.compared(), study.groups()["script"], **study.config["bootstrap"])
    published = study.table("forgotten.csv")
    assert len(published) > 1000
    texts = ["language", "group", "scope"]
    frame[texts] = frame[texts].replace("", None)
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), published, check_dtype=False, rtol=1e-6)
    (row,) = published.query(
        "statistic == 'forgotten_beyond_floor' and setting == 'monolingual' and test_set == 'regular' "
        "and language == 'mean' and group.isna() and value == 'all' and scope == 'partial' and sparsity == 90"
    ).itertuples()
    assert f"{row.estimate:.2f} ({row.low:.2f} to {row.high:.2f})" in study.text


def test_the_table_of_what_the_runs_took_follows_from_them(study):
    records = {run: read_json(study.runs[stored_run(run)] / "run.json") for run in study.runs}
    table = run_statistics_table(run_statistics(records), Provenance(study.config["study"], False, ENCODER))
    for suffix, text in {"csv": table.csv(), "md": table.markdown()}.items():
        assert (study.folder / f"results/tables/runs.{suffix}").read_text(encoding="utf-8").rstrip() == text.rstrip()


CODES = {"Yoruba": "yo", "Javanese": "jv", "Swahili": "sw", "Telugu": "te"}


def test_the_readmes_print_the_scores():
    scores = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv")
    means = scores.groupby(["training_set", "language", "test_set", "variant"])["f1"].mean()
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    of_one, of_four = tables_of(LOW_RESOURCE / "README.md")
    places = set()
    for header, *rows in (of_one, of_four):
        variants = [name.replace(" ", "-") for name in header[2:]]
        assert variants[0] == "dense"
        for place, floor, *numbers in rows:
            name, test_set = place.split(", ")
            language = CODES[name]
            training_set = language if header is of_one[0] else MULTILINGUAL
            assert floor == f"{floors[language, test_set]:.3f}"
            expected = [means.get((training_set, language, test_set, variant)) for variant in variants]
            assert numbers == ["–" if f1 is None else f"{f1:.3f}" for f1 in expected]
            places.add((training_set, language, test_set))
    assert places == {place[:3] for place in means.index if place[2] != VALIDATION}, "a row is missing"

    (first_numbers,) = (table for table in tables_of(ROOT / "README.md") if table[0][0].startswith("F1, "))
    variants = [name.replace(" ", "-") for name in first_numbers[0][0].removeprefix("F1, ").split(" · ")]
    assert len(first_numbers) == 4
    for name, *columns, floor in first_numbers[1:]:
        language = CODES[name]
        assert floor == f"{floors[language, 'in-language']:.3f}"
        for test_set, cell in zip(("regular", "in-language", "in-script"), columns, strict=True):
            expected = [means[language, language, test_set, variant] for variant in variants]
            assert cell == " · ".join(f"{f1:.3f}" for f1 in expected)


def test_the_page_of_methods_prints_the_scores():
    scores = pd.read_csv(METHODS / "results" / "scores.csv")
    means = scores.groupby(["language", "test_set", "variant"])["f1"].mean()
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    ((header, *rows),) = tables_of(METHODS / "README.md")
    sparsities = [cell.removesuffix(" %") for cell in header[3:]]
    printed = set()
    for place, kind, dense, *numbers in rows:
        name, test_set, floor = re.fullmatch(r"(\w+), ([a-z-]+) \((.*)\)", place).groups()
        language, (matrices, _, method) = CODES[name], kind.partition(", ")
        assert floor == f"{floors[language, test_set]:.3f}"
        variants = ["-".join(filter(None, [matrices, sparsity, SUFFIXES[method]])) for sparsity in sparsities]
        variants.insert(0, "dense-int8" if method == "int8" else "dense")
        assert [dense, *numbers] == [f"{means[language, test_set, variant]:.3f}" for variant in variants]
        printed |= {(language, test_set, variant) for variant in variants}
    assert printed == {place for place in means.index if place[1] in ("regular", "in-language")}, "a row is missing"


SUFFIXES = {"": "", "random": "random", "one-shot after": "after", "int8": "int8"}
"""What a variant's name ends with, by what the page calls the method."""

INTERVAL = re.compile(r"(−?\d\.\d\d) \((−?\d\.\d\d) to (−?\d\.\d\d)\)")
VERDICT = re.compile(r"\((?:claim )?((?:own )?\d+(?:, \w+)?), \*([^*]+)\*")


def test_every_number_of_the_page_of_methods_is_of_its_results():
    """Each interval is that of a row of the results, maybe with the other sign; each verdict is the ledger's."""
    results = METHODS / "results"
    claims = pd.read_csv(results / "claims.csv", keep_default_na=False, na_values=[""])
    rows = [claims[["measured", "low", "high"]].to_numpy()]
    for name in ("intervals.csv", "forgotten.csv"):
        rows.append(pd.read_csv(results / name, low_memory=False)[["estimate", "low", "high"]].to_numpy())
    known = {
        tuple(f"{number:.2f}".replace("-", "−") for number in ends)
        for value, low, high in np.concatenate(rows)
        for ends in ((value, low, high), (-value, -high, -low))
    }
    lines = (METHODS / "README.md").read_text(encoding="utf-8").splitlines()
    text = " ".join(line.strip() for line in lines if not line.startswith("|"))
    intervals = INTERVAL.findall(text)
    assert len(intervals) > 20
    assert set(intervals) <= known
    assert set(re.findall(r"\d\.\d\d+", INTERVAL.sub("", text))) <= {"0.02"}, "what is printed without its interval"
    tested = claims[(claims["part"] > 0) & (claims["verdict"] != "not tested")]["verdict"]
    assert f"Of {len(tested)} parts that could be tested, {(tested != 'inconclusive').sum()} are decided" in text
    of_int8 = claims[(claims["part"] > 0) & (claims["claim"] == "own 5")]["verdict"]
    assert f"In {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts" in text
    of_random = claims[(claims["part"] > 0) & (claims["claim"] == "own 2")]["measured"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"Random pruning costs {of_random.min():.2f} to {of_random.max():.2f} F1 more" in readme
    verdicts = claims[claims["part"] == 0].set_index("claim")["verdict"]
    printed = VERDICT.findall(text)
    assert len(printed) >= 8
    for claim, verdict in printed:
        assert verdict == verdicts[claim], claim


def tables_of(path):
    """Return the tables of a Markdown page, as rows of cells; the first row is the header."""
    tables = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in block.splitlines()]
        if block.startswith("| "):
            tables.append([row for row in rows if not set(row[0]) <= set("-:")])
    return tables
