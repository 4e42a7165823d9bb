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
    keys = [
        (training_set, variant, seed)
        for training_set in [*config["monolingual"], "multilingual"]
        for variants, seeds in [grid_of(config, training_set)]
        for variant, seed in product(variants, seeds)
    ]
    top = folder / config["study"] / "runs"
    assert len(list(top.rglob("scores.csv"))) == len(keys)
    return {key: top / key[0] / key[1] / f"seed-{key[2]}" for key in keys}


def grid_of(config, training_set):
    """Return the variants and seeds of a training set."""
    fewer = config["fewer_runs"].get(training_set, {})
    sparsities = fewer.get("sparsities", config["pruning"]["sparsities"])
    pairs = product(config["pruning"]["scopes"], sparsities)
    return ["dense", *(f"{scope}-{sparsity}" for scope, sparsity in pairs)], fewer.get("seeds", config["seeds"])


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
    of_regular = scores["test_set"] == "regular"
    multilingual = scores[of_regular & (scores["training_set"] == "multilingual") & (scores["variant"] == "dense")]
    study = Study(
        cells=Cells(replicates),
        train_sizes=groups["size"],
        families=groups["family"],
        scripts=groups["script"],
        seen_shares=dict(zip(multilingual.language, 1 - multilingual.unseen_share, strict=True)),
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
    means = scores.groupby(["training_set", "language", "test_set", "variant"])["f1"].mean()
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    codes = {"Yoruba": "yo", "Javanese": "jv"}
    names = {f"{name}, ": code for name, code in (codes | {"Swahili": "sw", "Telugu": "te"}).items()}
    rows = [row for row in cells_of(LOW_RESOURCE / "README.md") if row[0].startswith(tuple(names))]
    assert len(rows) == 7 + 13
    for place, (name, floor, *numbers) in enumerate(rows):
        language, test_set = next(code for start, code in names.items() if name.startswith(start)), name.split(", ")[1]
        of = (language, ["dense", "partial-50", "partial-90", "full-50", "full-90"])
        if place >= 7:
            of = ("multilingual", ["dense", "partial-50", "full-50"])
        assert floor == f"{floors[language, test_set]:.3f}"
        assert numbers == [f"{means[of[0], language, test_set, variant]:.3f}" for variant in of[1]]
    rows = [row for row in cells_of(ROOT / "README.md") if row[0] in codes]
    assert len(rows) == 2
    for name, *columns, floor in rows:
        language = codes[name]
        assert floor == f"{floors[language, 'in-language']:.3f}"
        for test_set, cell in zip(("regular", "in-language", "in-script"), columns, strict=True):
            variants = ("dense", "partial-50", "partial-90")
            assert cell == " · ".join(f"{means[language, language, test_set, variant]:.3f}" for variant in variants)


def cells_of(path):
    """Return the rows of a page's tables."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| ")]
