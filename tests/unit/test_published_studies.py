"""What `docs/` publishes of studies of real data: its scores and claims are those of the runs that lie beside them."""

import tarfile
from pathlib import Path

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
from ner_pruning.scoring.found_mentions import read_compared
from ner_pruning.statistics.bootstrap import resample
from ner_pruning.statistics.forgetting import forgetting_table
from ner_pruning.statistics.intervals import Cells
from ner_pruning.statistics.recall import joined, resampled_recall
from ner_pruning.study.grid import expected_sizes, study_runs
from ner_pruning.study.languages import read_languages
from ner_pruning.terms import MULTILINGUAL, REGULAR, VALIDATION, Provenance

ROOT = Path(__file__).parents[2]
LOW_RESOURCE = ROOT / "docs" / "low-resource"
RESULTS = LOW_RESOURCE / "results"


@pytest.fixture(scope="module")
def config():
    return yaml.safe_load((RESULTS / "config.yaml").read_text())


@pytest.fixture(scope="module")
def scores():
    return pd.read_csv(RESULTS / "scores.csv")


@pytest.fixture(scope="module")
def runs(config, tmp_path_factory):
    """Return the folder of each run of the archive by training set, variant and seed."""
    folder = tmp_path_factory.mktemp("runs")
    with (
        (LOW_RESOURCE / "runs.tar.zst").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # new in Python 3.11.4
        archive.extractall(folder, **safely)
    keys = study_runs(config)
    top = folder / config["study"] / "runs"
    assert len(list(top.rglob("scores.csv"))) == len(keys)
    return {key: top / key[0] / key[1] / f"seed-{key[2]}" for key in keys}


def test_the_scores_are_those_of_the_runs(scores, runs):
    keys = ["training_set", "variant", "seed", "language", "test_set"]
    frames = [
        pd.read_csv(path / "scores.csv").assign(training_set=training_set, variant=variant, seed=seed)
        for (training_set, variant, seed), path in runs.items()
    ]
    of_runs = pd.concat(frames).set_index(keys).sort_index()
    of_study = scores.set_index(keys).sort_index()
    assert of_study.index.equals(of_runs.index)
    for column in ("sentences", "mentions", "predicted", "correct", "f1"):
        pd.testing.assert_series_equal(of_study[column], of_runs[column], check_exact=True)


def compared(runs):
    """Return which mentions the runs find, and the properties of these mentions (`read_compared`)."""
    top = next(iter(runs.values())).parents[3]
    mentions = {key.training_set: top / "mentions" / f"{key.training_set}.parquet" for key in runs}
    return read_compared({key: path / "found.parquet" for key, path in runs.items()}, mentions)


def languages_and_sizes(config):
    languages = read_languages(ROOT / "resources" / "languages.tsv")
    return languages, {code: expected_sizes(code, config, languages)["train"] for code in config["languages"]}


def groups_of(config):
    languages, sizes = languages_and_sizes(config)
    classes = [row["up_to"] for row in config["schedules"]]
    return groupings(language_groups(sizes, languages, classes).set_index("language"))


def test_the_claims_follow_from_the_runs(config, scores, runs):
    replicates = resample(
        list(runs), [read_counts(path / "counts.parquet") for path in runs.values()], **config["bootstrap"]
    )
    published = pd.read_csv(RESULTS / "claims.csv", keep_default_na=False, na_values=[""])
    if published["claim"].str.startswith("own ").any():
        replicates = joined([replicates, resampled_recall(*compared(runs), **config["bootstrap"])])
    languages, sizes = languages_and_sizes(config)
    groups = groups_of(config)
    known = scores[scores["test_set"] != VALIDATION]
    floors = dict(zip(zip(known.language, known.test_set, strict=True), known.chance_floor, strict=True))
    of_multilingual = (scores["training_set"] == MULTILINGUAL) & (scores["variant"] == "dense")
    seen = scores[of_multilingual & (scores["test_set"] == REGULAR)]
    evidence = Evidence(
        cells=Cells(replicates, floors),
        train_sizes=groups["size"],
        families=groups["family"],
        scripts=groups["script"],
        seen_shares=dict(zip(seen.language, 1 - seen.unseen_share, strict=True)),
        floors=floors,
        reference={},
    )
    result = ledger(evidence, published_cells(read_published(ROOT / "resources" / "paper_f1.csv")))
    result = result[result["claim"].isin(published["claim"])].reset_index(drop=True)  # it may be from before a new one
    assert (published["verdict"] != "not tested").sum() > 30
    for column in ("claim", "part", "verdict"):
        assert result[column].tolist() == published[column].tolist()
    for column in ("measured", "low", "high", "paper"):
        pd.testing.assert_series_equal(result[column].astype(float), published[column].astype(float), rtol=1e-6)


def test_what_is_forgotten_follows_from_the_runs(config, runs):
    frame = forgetting_table(*compared(runs), groups_of(config)["script"], **config["bootstrap"])
    published = pd.read_csv(RESULTS / "forgotten.csv", keep_default_na=False, na_values=[""])
    assert len(published) > 1000
    texts = ["language", "group", "scope"]
    frame[texts] = frame[texts].replace("", None)
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), published, check_dtype=False, rtol=1e-6)
    (row,) = published.query(
        "statistic == 'forgotten_beyond_floor' and setting == 'monolingual' and test_set == 'regular' "
        "and language == 'mean' and group.isna() and value == 'all' and scope == 'partial' and sparsity == 90"
    ).itertuples()
    page = (LOW_RESOURCE / "README.md").read_text(encoding="utf-8")
    assert f"{row.estimate:.2f} ({row.low:.2f} to {row.high:.2f}) at 90 %" in " ".join(page.split())


def test_the_table_of_what_the_runs_took_follows_from_them(runs):
    frame = run_statistics({key: read_json(path / "run.json") for key, path in runs.items()})
    table = run_statistics_table(frame, Provenance("low-resource", False, "multilingual-e5-small"))
    for suffix, text in {"csv": table.csv(), "md": table.markdown()}.items():
        assert (RESULTS / f"tables/runs.{suffix}").read_text(encoding="utf-8").rstrip() == text.rstrip()


CODES = {"Yoruba": "yo", "Javanese": "jv", "Swahili": "sw", "Telugu": "te"}


def test_the_readmes_print_the_scores(scores):
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


def tables_of(path):
    """Return the tables of a Markdown page, as rows of cells; the first row is the header."""
    tables = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in block.splitlines()]
        if block.startswith("| "):
            tables.append([row for row in rows if not set(row[0]) <= set("-:")])
    return tables
