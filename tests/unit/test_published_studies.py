"""What `docs/` publishes of studies of real data: its scores and claims are those of the runs that lie beside them."""

import tarfile
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
import yaml
import zstandard
from compression.analysis import language_groups
from compression.bootstrap import resample
from compression.claims import Study
from compression.counts import read_counts
from compression.inference import Cells
from compression.languages import read_languages
from compression.ledger import ledger, published_cells
from compression.published import read_published

ROOT = Path(__file__).parents[2]
LOW_RESOURCE = ROOT / "docs" / "low-resource"
RESULTS = LOW_RESOURCE / "results"
TRAINING_SIZES = {"yo": 100, "jv": 100, "sw": 1000, "te": 1000}  # of WikiAnn


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
        archive.extractall(folder, filter="data")
    pruning = config["pruning"]
    variants = [
        "dense",
        *(f"{scope}-{sparsity}" for scope, sparsity in product(pruning["scopes"], pruning["sparsities"])),
    ]
    keys = list(product(config["monolingual"], variants, config["seeds"]))
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


def test_the_claims_follow_from_the_runs(config, scores, runs):
    replicates = resample(
        list(runs), [read_counts(path / "counts.parquet") for path in runs.values()], **config["bootstrap"]
    )
    languages = read_languages(ROOT / "resources" / "languages.tsv")
    groups = language_groups(TRAINING_SIZES, languages, [row["up_to"] for row in config["schedules"]])
    floors = scores.drop_duplicates(["language", "test_set"])
    study = Study(
        cells=Cells(replicates),
        train_sizes=groups["size"],
        families=groups["family"],
        scripts=groups["script"],
        seen_shares={},
        floors=dict(zip(zip(floors.language, floors.test_set, strict=True), floors.chance_floor, strict=True)),
        reference={},
    )
    result = ledger(study, published_cells(read_published(ROOT / "resources" / "paper_f1.csv")))
    published = pd.read_csv(RESULTS / "claims.csv", keep_default_na=False, na_values=[""])
    assert (published["verdict"] != "not tested").sum() > 30
    for column in ("claim", "part", "verdict"):
        assert result[column].tolist() == published[column].tolist()
    for column in ("measured", "low", "high", "paper"):
        pd.testing.assert_series_equal(result[column].astype(float), published[column].astype(float), rtol=1e-6)


def test_the_readmes_print_the_scores(scores):
    means = scores.groupby(["language", "test_set", "variant"])["f1"].mean()
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    codes = {"Yoruba": "yo", "Javanese": "jv"}
    rows = [row for row in cells_of(LOW_RESOURCE / "README.md") if ", " in row[0] and row[0].split(", ")[0] in codes]
    assert len(rows) == 7
    for name, floor, *numbers in rows:
        language, test_set = codes[name.split(", ")[0]], name.split(", ")[1]
        variants = ("dense", "partial-50", "partial-90", "full-50", "full-90")
        assert floor == f"{floors[language, test_set]:.3f}"
        assert numbers == [f"{means[language, test_set, variant]:.3f}" for variant in variants]
    rows = [row for row in cells_of(ROOT / "README.md") if row[0] in codes]
    assert len(rows) == 2
    for name, *columns, floor in rows:
        language = codes[name]
        assert floor == f"{floors[language, 'in-language']:.3f}"
        for test_set, cell in zip(("regular", "in-language", "in-script"), columns, strict=True):
            variants = ("dense", "partial-50", "partial-90")
            assert cell == " · ".join(f"{means[language, test_set, variant]:.3f}" for variant in variants)


def cells_of(path):
    """Return the rows of a page's tables."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| ")]
