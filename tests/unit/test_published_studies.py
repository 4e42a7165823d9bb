"""What `docs/` publishes of studies of real data: its scores and claims are those of the runs that lie beside them."""

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import yaml
import zstandard
from ner_pruning.claims.equal_budget import equal_budget_languages
from ner_pruning.claims.ledger import ledger, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.data.language_groups import groupings, language_groups
from ner_pruning.data.overlap import known_mentions
from ner_pruning.data.perturbation import mention_pool, replace_mentions
from ner_pruning.data.sources import read_local
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import read_json, sentence_digest
from ner_pruning.report.run_table import run_statistics, run_statistics_table
from ner_pruning.scoring.f1 import read_counts, score
from ner_pruning.scoring.found_mentions import Found, Properties, read_compared
from ner_pruning.scoring.prediction_files import read_manifest, read_predictions
from ner_pruning.statistics.bootstrap import Replicates, resample
from ner_pruning.statistics.forgetting import forgetting_table
from ner_pruning.statistics.interval_table import intervals_table
from ner_pruning.statistics.intervals import Cells
from ner_pruning.statistics.recall import joined, resampled_recall
from ner_pruning.study.contents import compared_runs
from ner_pruning.study.grid import expected_sizes, study_runs
from ner_pruning.study.languages import pool_languages, read_languages
from ner_pruning.study.methods import stored_run
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, REGULAR, SETTINGS, VALIDATION, Provenance, Run
from real_data import WIKIANN, needs_wikiann
from scipy import stats

ROOT = Path(__file__).parents[2]
LOW_RESOURCE, METHODS = ROOT / "docs" / "low-resource", ROOT / "docs" / "low-resource-methods"
SWAHILI, HINDI = ROOT / "docs" / "low-resource-swahili", ROOT / "docs" / "mid-resource"
OF_ONE_LANGUAGE = (SWAHILI, HINDI)
ENCODER = "multilingual-e5-small"


def read_results(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of the results of a published study."""
    return pd.read_csv(folder / "results" / name, keep_default_na=False, na_values=[""], low_memory=False)


def running_text(path: Path) -> str:
    """Return a page as running text."""
    return " ".join(path.read_text(encoding="utf-8").split())


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


@pytest.fixture(scope="module", params=[LOW_RESOURCE, METHODS, *OF_ONE_LANGUAGE], ids=lambda folder: folder.name)
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


@needs_wikiann
def test_the_scores_follow_from_the_predictions_and_the_real_test_sets(study):
    """The test sets are built again, perturbed ones included, and each stored prediction is scored on its own."""
    gold = {(code, test_set): corpus for code, test_set, corpus in built_sets(study.config)}
    scores = study.scores[study.scores["test_set"] != VALIDATION].set_index([*Run._fields, "language", "test_set"])
    scored = 0
    for run, path in study.runs.items():
        manifest = read_manifest(path / "predictions.json")
        for test_set in {name for _, name in gold} & manifest.keys():
            of_runs = read_predictions(path / "predictions" / f"{test_set}.parquet", manifest[test_set])
            for code, predicted in of_runs.items():
                corpus = gold[code, test_set]
                assert predicted.digests == list(map(sentence_digest, corpus.tokens))
                found, expected = score(corpus.tags, predicted.tags), scores.loc[(*run, code, test_set)]
                for column in ("mentions", "predicted", "correct", "f1"):
                    assert found[column] == pytest.approx(expected[column], abs=1e-12), (run, code, test_set)
                scored += 1
    assert scored == len(scores)


def test_the_claims_follow_from_the_runs(study, replicates):
    published = read_results(study.folder, "claims.csv")
    recall = resampled_recall(*study.compared(), **study.config["bootstrap"])
    replicates = joined([replicates, recall])
    groups, scores, floors = study.groups(), study.scores, study.floors()
    of_multilingual = (scores["training_set"] == MULTILINGUAL) & (scores["variant"] == "dense")
    seen = scores[of_multilingual & (scores["test_set"] == REGULAR)]
    models = Cells(replicates, floors)
    equal = equal_budget_languages(study.config, study.sizes())
    evidence = Evidence(
        cells=models.of_the_paper(),
        train_sizes=groups["size"],
        families=groups["family"],
        scripts=groups["script"],
        seen_shares=dict(zip(seen.language, 1 - seen.unseen_share, strict=True)),
        floors=floors,
        reference={},
        equal_languages=equal,
        at_equal_budget=models.of_the_paper().of(equal) if equal else None,
        models=models,
    )
    assert equal == (["yo", "jv"] if study.folder == METHODS else [])
    result = ledger(evidence, published_cells(read_published(ROOT / "resources" / "paper_f1.csv")))
    assert (published["verdict"] != "not tested").sum() > (15 if study.folder in OF_ONE_LANGUAGE else 30)
    for column in ("claim", "part", "verdict", "text", "criterion", "languages", "seeds"):
        assert result[column].astype(object).where(result[column].notna(), None).tolist() == (
            published[column].astype(object).where(published[column].notna(), None).tolist()
        )
    for column in ("measured", "low", "high", "paper"):
        pd.testing.assert_series_equal(result[column].astype(float), published[column].astype(float), rtol=1e-6)


def test_the_intervals_follow_from_the_runs(study, replicates):
    tested = study.scores[study.scores["test_set"] != VALIDATION]
    result = intervals_table(Cells(replicates, study.floors()), study.groups(), tested)
    published = read_results(study.folder, "intervals.csv")
    keys = ["statistic", "setting", "test_set", "language", "group", "scope", "sparsity"]
    result, published = (
        frame.assign(**{key: frame[key].fillna("") for key in keys}).set_index(keys).sort_index()
        for frame in (result, published)
    )
    assert result.index.equals(published.index) and len(result) > (1500 if study.folder in OF_ONE_LANGUAGE else 4000)
    for column in ("estimate", "low", "high"):
        pd.testing.assert_series_equal(result[column], published[column], rtol=1e-6)


def test_what_is_forgotten_follows_from_the_runs(study):
    frame = forgetting_table(*study.compared(), study.groups()["script"], **study.config["bootstrap"])
    published = read_results(study.folder, "forgotten.csv")
    assert len(published) > (500 if study.folder in OF_ONE_LANGUAGE else 1000)
    texts = ["language", "group", "scope"]
    frame[texts] = frame[texts].replace("", None)
    # thirds of mentions, where there are four seeds, are summed in float32
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), published, check_dtype=False, rtol=1e-6, atol=1e-6)
    sparsity = 50 if study.folder == SWAHILI else 90
    (row,) = published.query(
        "statistic == 'forgotten_beyond_floor' and setting == 'monolingual' and test_set == 'regular' "
        "and language == 'mean' and group.isna() and value == 'all' "
        f"and scope == 'partial' and sparsity == {sparsity}"
    ).itertuples()
    ends = [printed_number(end, 2) for end in (row.estimate, row.low, row.high)]
    assert "{} ({} to {}) at {} %".format(*ends, sparsity) in running_text(study.folder / "README.md")


def test_the_table_of_what_the_runs_took_follows_from_them(study):
    records = {run: read_json(study.runs[stored_run(run)] / "run.json") for run in study.runs}
    table = run_statistics_table(run_statistics(records), Provenance(study.config["study"], False, ENCODER))
    for suffix, text in {"csv": table.csv(), "md": table.markdown()}.items():
        assert (study.folder / f"results/tables/runs.{suffix}").read_text(encoding="utf-8").rstrip() == text.rstrip()


def test_the_page_of_results_explains_every_column(study):
    """By the section of the page, which is called as the file; entity types are the study's."""
    sections = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").split("\n## ")[1:]
    types = "|".join(study.config["data"]["entity_types"])
    for section in sections:
        name, _, text = section.partition("\n")
        first_cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
        explained = [column for cell in first_cells for column in re.findall(r"`([^`]+)`", cell)]
        columns = read_results(study.folder, name).columns
        assert {re.sub(rf"_({types})$", "_<type>", column) for column in columns} <= {*explained}, name
    statistics = set(read_results(study.folder, "intervals.csv")["statistic"])
    assert statistics <= {*re.findall(r"`([^`]+)`", "".join(sections))}


CODES = {"Yoruba": "yo", "Javanese": "jv", "Swahili": "sw", "Telugu": "te"}


def test_the_page_on_claims_lists_them_in_the_words_of_the_ledger(study):
    claims = read_results(study.folder, "claims.csv").query("part == 0 and not claim.str.startswith('own ')")
    table = next(table for table in tables_of(ROOT / "docs" / "claims.md") if table[0][0] == "claim")
    assert table[1:] == [
        [number, text.removesuffix(".")] for number, text in zip(claims.claim, claims.text, strict=True)
    ]


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


def cell_with_interval(estimate: float, low: float, high: float) -> str:
    """Return a cell of the tables of F1: "0.771 [.68, .86]"."""
    return f"{estimate:.3f} [{low:.2f}, {high:.2f}]".replace(" 0.", " .").replace("[0.", "[.")


def prose(path: Path) -> str:
    """Return a page as running text, without its tables."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return " ".join(line.strip() for line in lines if not line.startswith("|"))


def test_the_page_of_methods_prints_the_scores():
    scores = pd.read_csv(METHODS / "results" / "scores.csv")
    means = scores.groupby(["setting", "language", "test_set", "variant"])["f1"].mean()
    intervals = read_results(METHODS, "intervals.csv").query("statistic == 'f1' and group.isna()").fillna({"scope": ""})
    keys = ["setting", "language", "test_set", "scope", "sparsity"]
    ends = intervals.set_index(keys)[["estimate", "low", "high"]].T.to_dict("list")
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    tables = tables_of(METHODS / "README.md")
    sparsities = [cell.removesuffix(" %") for cell in tables[0][0][3:]]
    assert len(tables) == 2 and tables[0][0] == tables[1][0] and len(sparsities) == 3
    printed = set()
    for setting, (place, kind, dense, *numbers) in (
        (setting, row) for setting, (_, *rows) in zip((MONOLINGUAL, MULTILINGUAL), tables, strict=True) for row in rows
    ):
        name, test_set, floor = re.fullmatch(r"(\w+), ([a-z-]+) \((.*)\)", place).groups()
        language, (matrices, _, method) = CODES[name], kind.partition(", ")
        assert floor == f"{floors[language, test_set]:.3f}"
        variants = ["-".join(filter(None, [matrices, sparsity, SUFFIXES[method]])) for sparsity in sparsities]
        variants.insert(0, "dense-int8" if method == "int8" else "dense")
        scope = "-".join(filter(None, [matrices, SUFFIXES[method]]))
        places = [("dense-int8" if method == "int8" else "", 0), *((scope, int(sparsity)) for sparsity in sparsities)]
        for cell, variant, of_variant in zip([dense, *numbers], variants, places, strict=True):
            estimate, low, high = ends[setting, language, test_set, *of_variant]
            assert cell == cell_with_interval(estimate, low, high)
            assert estimate == pytest.approx(means[setting, language, test_set, variant], abs=1e-9)
        printed |= {(setting, language, test_set, variant) for variant in variants}
    assert printed == {place for place in means.index if place[2] in ("regular", "in-language")}, "a row is missing"


SUFFIXES = {"": "", "random": "random", "one-shot after": "after", "int8": "int8"}
"""What a variant's name ends with, by what the page calls the method."""

INTERVAL = re.compile(r"(−?\d\.\d\d\d?) \((−?\d\.\d\d\d?) to (−?\d\.\d\d\d?)\)")
VERDICT = re.compile(r"(?:\(|; )(?:claim )?((?:own )?\d+(?:, [\w -]+)?), \*([^*]+)\*")
PRINTED = [
    (1, "claims", "own 2", "monolingual, partial-50, regular"),
    (1, "claims", "own 2", "monolingual, partial-70, regular"),
    (1, "claims", "own 2", "monolingual, partial-90, regular"),
    (1, "claims", "own 2", "monolingual, partial-50, in-language"),
    (1, "claims", "own 2", "monolingual, partial-70, in-language"),
    (1, "claims", "own 2", "monolingual, partial-90, in-language"),
    (-1, "intervals", "method_gain", "regular", "jv", "partial-random", 50),
    (-1, "intervals", "method_gain", "regular", "yo", "partial-random", 50),
    (-1, "intervals", "method_gain", "in-language", "yo", "partial-random", 90),
    (-1, "intervals", "method_gain", "in-language", "jv", "partial-random", 90),
    (-1, "intervals", "method_gain", "in-script", "mean", "partial-random", 50),
    (-1, "intervals", "method_gain", "in-script", "mean", "partial-random", 70),
    (-1, "intervals", "method_gain", "in-script", "mean", "partial-random", 90),
    (1, "claims", "1, at equal budget", "dense, regular"),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "yo", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "jv", "", 0),
    (1, "claims", "1, at equal budget", "partial-50, regular"),
    (1, "claims", "1, at equal budget", "full-50, regular"),
    (-1, "intervals", "multilingual", "multilingual_gain", "regular", "jv", "partial", 70),
    (-1, "claims", "1, at equal budget", "partial-90, regular"),
    (-1, "claims", "1, at equal budget", "full-90, regular"),
    (1, "intervals", "multilingual", "multilingual_gain", "in-language", "mean", "", 0),
    (-1, "claims", "3, at equal budget", "partial-90, regular"),
    (-1, "claims", "3, at equal budget", "full-90, regular"),
    (1, "claims", "own 3", "monolingual, partial-50, regular"),
    (1, "claims", "own 3", "monolingual, partial-70, regular"),
    (1, "claims", "own 3", "monolingual, partial-90, regular"),
    (1, "intervals", "f1", "regular", "mean", "partial-after", 70),
    (1, "intervals", "f1", "regular", "mean", "partial-random", 70),
    (1, "intervals", "f1", "regular", "mean", "partial-after", 90),
    (1, "intervals", "f1", "regular", "mean", "partial-random", 90),
    *((1, "claims", "own 3", f"multilingual, partial-{sparsity}, regular") for sparsity in (50, 70, 90)),
    (1, "claims", "own 4", "monolingual, 70 %, regular"),
    (1, "claims", "own 4", "monolingual, 90 %, regular"),
    (1, "intervals", "difference", "regular", "mean", "embeddings", 70),
    (1, "intervals", "difference", "regular", "yo", "embeddings", 90),
    (1, "intervals", "difference", "regular", "jv", "embeddings", 90),
    (1, "claims", "own 5", "monolingual, partial-90, regular"),
    (1, "intervals", "method_gain", "regular", "yo", "partial-int8", 90),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "claims", "6", "multilingual, dense, in-language"),
    (1, "claims", "7", "monolingual, partial-50, in-language"),
    (1, "claims", "7", "monolingual, partial-70, in-language"),
    (1, "claims", "7", "monolingual, partial-90, in-language"),
    *((1, "claims", "7", f"multilingual, partial-{sparsity}, in-language") for sparsity in (50, 70, 90)),
    (1, "claims", "8", "monolingual, full-50, in-language"),
    (1, "claims", "8", "monolingual, full-70, in-language"),
    (1, "claims", "8", "monolingual, full-90, in-language"),
    *((1, "claims", "8", f"multilingual, full-{sparsity}, in-language") for sparsity in (50, 70, 90)),
    (1, "claims", "8, regular", "monolingual, 90 %, regular"),
    (1, "claims", "8, regular", "multilingual, 90 %, regular"),
    (-1, "claims", "8, low-resource", "70 %, regular, 100 training sentences: F1 partial - dense"),
    (-1, "claims", "7, levels", "multilingual, in-script: fraction of regular F1 at 90 % - at 50 %"),
    (1, "claims", "8, low-resource", "50 %, regular, 100 training sentences: F1 partial - dense"),
    (1, "intervals", "fraction", "in-script", "mean", "", 0),
    (1, "intervals", "multilingual", "fraction", "in-script", "mean", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", 50),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", 70),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", 90),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "yo", "partial", 90),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "jv", "partial", 90),
    (-1, "claims", "9", "partial-90: fraction of regular F1, in-script - in-language"),
    (-1, "claims", "9", "full-90: fraction of regular F1, in-script - in-language"),
    (1, "intervals", "multilingual", "fraction", "in-script", "yo", "partial", 90),
    (1, "intervals", "multilingual", "fraction", "in-script", "jv", "partial", 90),
    (1, "forgotten", 70),
    (1, "forgotten", 90),
    (1, "forgotten", 50, "partial-random"),
    (1, "forgotten", 50, "partial-after"),
    (1, "forgotten", 70, "embeddings"),
    (1, "claims", "own 1", "multilingual, partial-90, regular"),
    (1, "claims", "own 1", "multilingual, full-90, regular"),
]
"""What the intervals of the page of methods are of, in their order: 1, or -1 where printed with the other sign; then
a claim and how its part begins, or a row of the intervals, or the sparsity of what is forgotten beyond the floor (and
the scope, if it is not partial, and the test set, if not regular); the last two of monolingual models, if they do not
begin with another setting."""


def ends_of(place: tuple, claims: pd.DataFrame, intervals: pd.DataFrame, forgotten: pd.DataFrame) -> list[float]:
    """Return value, low and high of what PRINTED names."""
    sign, source, *rest = place
    setting = rest.pop(0) if rest[0] in SETTINGS else MONOLINGUAL
    if source == "claims":
        claim, text = rest
        row = claims[(claims["claim"] == claim) & (claims["text"] + ": ").str.startswith(f"{text}: ")]
        row = row.rename(columns={"measured": "estimate"})
    elif source == "intervals":
        columns = ["statistic", "test_set", "language", "scope", "sparsity"]
        of_all = intervals[intervals["group"].isna() & intervals["setting"].eq(setting)]
        row = of_all[(of_all[columns].fillna("") == rest).all(axis=1)]
    else:
        sparsity, scope, test_set = (*rest, *("partial", "regular")[len(rest) - 1 :])
        row = forgotten.query(
            "statistic == 'forgotten_beyond_floor' and language == 'mean' and group.isna() and value == 'all' "
            f"and test_set == '{test_set}' and scope == '{scope}' and sparsity == {sparsity} and setting == '{setting}'"
        )
    ((value, low, high),) = row[["estimate", "low", "high"]].to_numpy()
    return [value, low, high] if sign == 1 else [-value, -high, -low]


def printed_number(value: float, digits: int) -> str:
    """Return a number as pages have it: with a minus, which 0 has not."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def int8_gains(intervals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of what int8 gains, each once, and those of them whose interval does not include 0."""
    gains = intervals[intervals["statistic"].eq("method_gain") & intervals["group"].isna()]
    gains = gains[gains["scope"].isin(["partial-int8", "dense-int8"])]
    gains = gains.drop_duplicates(["setting", "test_set", "language", "sparsity"])  # dense ones stand in two scopes
    return gains, gains[(gains["low"] > 0) | (gains["high"] < 0)]


def test_every_number_of_the_page_of_methods_is_that_of_its_results():
    frames = [read_results(METHODS, name) for name in ("claims.csv", "intervals.csv", "forgotten.csv")]
    claims = frames[0]
    text = prose(METHODS / "README.md")
    for printed, place in zip(INTERVAL.findall(text), PRINTED, strict=True):
        digits = len(printed[0].strip("−")) - 2
        expected = [printed_number(end, digits) for end in ends_of(place, *frames)]
        assert [*printed] == expected, place
    others = set(re.findall(r"\d\.\d\d+", INTERVAL.sub("", text)))
    of_diagnosis = {"0.176", "0.022", "0.170", "0.013"}  # of two scores
    assert others - of_diagnosis == {"0.02", "0.03", "0.05", "0.11"}, "of int8, seeds, docs/low-resource, scores"
    verdicts = claims[claims["part"] == 0].set_index("claim")["verdict"]
    assert len(VERDICT.findall(text)) == 18
    for claim, verdict in VERDICT.findall(text):
        assert verdict == verdicts[claim], claim
    tested = claims[(claims["part"] > 0) & (claims["verdict"] != "not tested")]
    assert f"Of {len(tested)} parts that could be tested, {(tested['verdict'] != 'inconclusive').sum()} are" in text
    once = tested.drop_duplicates(["measured", "low", "high"])
    assert f"({(once['verdict'] != 'inconclusive').sum()} of {len(once)} if parts that two claims share" in text
    trained = tested[tested["claim"] != "own 5"]
    assert f"{(trained['verdict'] != 'inconclusive').sum()} of {len(trained)} without int8, where models are" in text
    there = read_results(LOW_RESOURCE, "claims.csv").query("part == 0").set_index("claim")["verdict"]
    both = [claim for claim in {*tested["claim"]} & {*there.index} if there[claim] != "not tested"]
    decided_here = {claim for claim in both if there[claim] == "inconclusive" != verdicts[claim]}
    assert len(both) >= 12 and all(there[claim] == verdicts[claim] for claim in {*both} - decided_here)
    assert decided_here == {"7, levels", "8, low-resource", "9"}
    assert "No verdict of docs/low-resource is reversed; claim 7, levels, claim 8, low-resource, and claim 9" in text
    of_int8 = tested[tested["claim"] == "own 5"]["verdict"]
    assert f"In {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts" in text
    gains, without_0 = int8_gains(frames[1])
    assert f"Of all {len(gains)} differences" in text
    largest = without_0.loc[without_0["estimate"].abs().idxmax()]
    assert len(without_0) == 6 and "six have an interval that does not include 0" in text
    assert [*largest[["setting", "language", "test_set", "sparsity"]]] == [MONOLINGUAL, "yo", "regular", 90]


OF_SWAHILI = [
    (1, "intervals", "difference", "regular", "sw", "partial", 50),
    (1, "claims", "7", "monolingual, partial-50, in-language"),
    (1, "forgotten", 50),
    (1, "intervals", "difference", "in-script", "sw", "partial", 50),
    (1, "intervals", "difference", "in-family", "sw", "partial", 50),
    (1, "forgotten", 50, "partial", "in-script"),
    (1, "forgotten", 50, "partial", "in-family"),
    (1, "there", "difference", "in-script", "sw", "partial", 50),
    (1, "there", "difference", "in-family", "sw", "partial", 50),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "intervals", "fraction", "in-script", "sw", "", 0),
    (1, "intervals", "fraction", "in-family", "sw", "", 0),
    (1, "intervals", "fraction", "in-family", "sw", "partial", 50),
    (1, "claims", "own 3", "monolingual, partial-50, in-language"),
    (1, "claims", "own 3", "monolingual, partial-50, regular"),
    (1, "intervals", "f1", "regular", "sw", "partial-after", 70),
    (1, "intervals", "f1", "regular", "sw", "partial-after", 90),
    (1, "claims", "own 5", "monolingual, dense, regular"),
    (1, "claims", "own 5", "monolingual, partial-50, regular"),
]
"""What the intervals of the page of Swahili are of, as PRINTED; there: of docs/low-resource."""

SWAHILI_COLUMNS = {
    "dense": ("", 0),
    "partial 50": ("partial", 50),
    "one-shot 50": ("partial-after", 50),
    "one-shot 70": ("partial-after", 70),
    "one-shot 90": ("partial-after", 90),
    "dense, int8": ("dense-int8", 0),
    "partial 50, int8": ("partial-int8", 50),
}
"""Scope and sparsity of the columns of the table of the page of Swahili."""


TEST_SETS = ["regular", "in-language", "in-script", "in-family"]


def printed_f1(folder: Path) -> dict[tuple[str, str, int], str]:
    """Return the F1 of the only language of a study, with interval, as pages print it, by test set, scope, sparsity."""
    intervals = read_results(folder, "intervals.csv").query("statistic == 'f1' and group.isna()")
    intervals = intervals[~intervals["language"].isin(["mean", "median"])].fillna({"scope": ""})
    assert intervals["language"].nunique() == 1
    rows = intervals[["test_set", "scope", "sparsity", "estimate", "low", "high"]].itertuples(index=False)
    return {(row.test_set, row.scope, row.sparsity): cell_with_interval(*row[3:]) for row in rows}


def printed_floors(folder: Path) -> dict[str, str]:
    """Return the test sets of a study of one language as its page names them: with the chance floor in brackets."""
    floors = pd.read_csv(folder / "results" / "scores.csv").groupby("test_set")["chance_floor"].first()
    return {test_set: f"{test_set} ({floor:.3f})" for test_set, floor in floors.items() if test_set != VALIDATION}


def prose_of_one_language(folder: Path, places: list[tuple]) -> str:
    """Return the prose of the page of a study of one language, whose intervals and verdicts are its results'."""
    frames = [read_results(folder, name) for name in ("claims.csv", "intervals.csv", "forgotten.csv")]
    claims, intervals, _ = frames
    scores = pd.read_csv(folder / "results" / "scores.csv")
    there = read_results(LOW_RESOURCE, "intervals.csv")
    text = prose(folder / "README.md")
    for printed, place in zip(INTERVAL.findall(text), places, strict=True):
        digits = len(printed[0].strip("−")) - 2
        if place[1] == "there":
            ends = ends_of((place[0], "intervals", *place[2:]), claims, there, frames[2])
        else:
            ends = ends_of(place, *frames)
        assert [*printed] == [printed_number(end, digits) for end in ends], place
    verdicts = claims[claims["part"] == 0].set_index("claim")["verdict"]
    found = VERDICT.findall(text)
    assert len(found) > 3 and all(verdict == verdicts[claim] for claim, verdict in found)
    tested = claims[(claims["part"] > 0) & (claims["verdict"] != "not tested")]
    assert f"Of {len(tested)} parts that could be tested, {(tested['verdict'] != 'inconclusive').sum()} are" in text
    assert f"{scores[scores['test_set'].eq('regular')]['mentions'].iloc[0]:,} mentions" in text
    methods = Counter(run.method for run in study_runs(yaml.safe_load((folder / "results/config.yaml").read_text())))
    assert f"{methods[''] + methods['magnitude']} fine-tunings of" in text
    assert f"From the dense models, {methods['after']} more were pruned" in text
    return text


def test_the_page_of_swahili_prints_its_results():
    f1, floors = printed_f1(SWAHILI), printed_floors(SWAHILI)
    ((header, *rows),) = tables_of(SWAHILI / "README.md")
    assert header[1:] == [*SWAHILI_COLUMNS]
    assert [row[0] for row in rows] == [floors[test_set] for test_set in TEST_SETS] and len(floors) == len(TEST_SETS)
    for test_set, (_, *cells) in zip(TEST_SETS, rows, strict=True):
        assert cells == [f1[test_set, *of] for of in SWAHILI_COLUMNS.values()]
    assert len(f1) == len(rows) * len(SWAHILI_COLUMNS), "a column is missing"

    text = prose_of_one_language(SWAHILI, OF_SWAHILI)
    claims, intervals, forgotten = (
        read_results(SWAHILI, name) for name in ("claims.csv", "intervals.csv", "forgotten.csv")
    )
    there = read_results(LOW_RESOURCE, "intervals.csv")
    scores = pd.read_csv(SWAHILI / "results" / "scores.csv")
    f1 = scores.set_index(["variant", "test_set", "seed"]).sort_index()
    of_one = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv").query("training_set == 'sw' and seed == 1")
    of_one = of_one.set_index(["variant", "test_set"])["f1"]
    by_seed, by_itself, pooled, around, spreads, by_type, here_and_there = ([] for _ in range(7))
    most_in_seeds = set()
    for test_set in ("in-script", "in-family"):
        dense, pruned = (f1.loc[variant, test_set] for variant in ("dense", "partial-50"))
        differences = pruned["f1"] - dense["f1"]
        by_seed.append("{}, {}, {} and {}".format(*(printed_number(number, 3) for number in differences.sort_index())))
        assert sorted(differences < -0.05) == [False, True, True, True] and max(differences) > -0.004
        spreads.append([f"{scores_of['f1'].std():.3f}" for scores_of in (dense, pruned)])
        both = [*differences, of_one["partial-50", test_set] - of_one["dense", test_set]]
        for numbers, intervals_of in ((differences, by_itself), (both, around)):
            interval = stats.t.interval(0.95, len(numbers) - 1, np.mean(numbers), stats.sem(numbers))
            intervals_of.append(" to ".join(printed_number(end, 3) for end in interval))
        pooled.append(printed_number(np.mean(both), 3))
        by_type.append(f"{dense['f1_ORG'].mean():.2f} to {pruned['f1_ORG'].mean():.2f} {test_set}")
        losses = dense[["f1_PER", "f1_ORG", "f1_LOC"]] - pruned[["f1_PER", "f1_ORG", "f1_LOC"]]
        assert losses.mean().idxmax() == "f1_ORG"
        most_in_seeds |= {*losses.idxmax(axis=1)}
        here_and_there += [
            (of_one[variant, test_set], scores_of["f1"].min(), scores_of["f1"].max())
            for variant, scores_of in (("dense", dense), ("partial-50", pruned))
        ]
    assert "worse in three of four seeds and equal in the fourth" in text
    assert "by seed it is {} in-script, {} in-family".format(*by_seed) in text
    assert f"the intervals are {' and '.join(by_itself)}. Ours" in text
    in_language = f1.loc["dense", "in-language"]["f1"].std()
    dense, pruned = (" and ".join(spread) for spread in zip(*spreads, strict=True))
    assert f"(standard deviation {dense}) than in-language ({in_language:.3f})" in text
    assert f"and more than F1 at 50 % does ({pruned})" in text
    (dense_script, pruned_script, dense_family, pruned_family) = here_and_there
    for (first, *ends), (second, *others), where in (
        (dense_script, dense_family, "({} and {}; ours are {} to {} and {} to {})"),
        (pruned_script, pruned_family, "({} and {}; ours are {} to {} and {} to {})"),
    ):
        assert where.format(*(f"{number:.3f}" for number in (first, second, *ends, *others))) in text
    assert all(there > highest for there, _, highest in (pruned_script, pruned_family))
    shots = f1.loc["partial-50", "regular"]["f1"] - f1.loc["partial-50-after", "regular"]["f1"]
    assert f"all four seeds lose more, by {shots.min():.3f} to {shots.max():.3f}" in text
    floor = scores[scores["test_set"].eq("regular")]["chance_floor"].iloc[0]
    assert f1.loc["partial-90-after", "regular"]["f1"].mean() < floor and "below the chance floor." in text
    here, before = (
        [
            ends_of((1, "intervals", "difference", test_set, "sw", "partial", 50), claims, frame, forgotten)
            for test_set in ("in-script", "in-family")
        ]
        for frame in (intervals, there)
    )
    contained = [low < value < high for (value, *_), (_, low, high) in zip(here, before, strict=True)]
    assert contained == [True, False] and "the second interval does not contain the mean found here" in text
    assert f"the mean differences are {' and '.join(pooled)}, and an interval" in text
    assert f"(Student's t) is {' and '.join(around)}." in text
    assert f"On average organisations lose most: their F1 falls from {' and from '.join(by_type)}; in some" in text
    assert most_in_seeds == {"f1_ORG", "f1_LOC", "f1_PER"} and "in some seeds locations or persons lose more." in text
    decided = claims[(claims["part"] > 0) & claims["verdict"].isin(["replicated", "not replicated"])]["claim"]
    assert Counter(decided) == {"own 5": 4, "6": 1, "6, chance": 1, "own 3": 1}
    assert "four are about int8, two about dense models, one about pruning" in text
    losses = [-float(value[0]) for value in here]
    of_readme = f"cost {min(losses):.2f} to {max(losses):.2f} F1 on other languages' names, if not in every seed"
    link = "[Swahili](docs/low-resource-swahili/README.md)"
    assert f"{link}, half of the layers' weights {of_readme}; in" in running_text(ROOT / "README.md")


@needs_wikiann
def test_the_pages_of_one_language_count_the_names_that_their_test_sets_put_in():
    put_in = {
        (code, test_set): known_mentions([corpus])
        for folder in OF_ONE_LANGUAGE
        for code, test_set, corpus in built_sets(yaml.safe_load((folder / "results" / "config.yaml").read_text()))
        if code in ("sw", "hi")
    }
    of_hindi = [len(put_in["hi", test_set]) for test_set in ("in-family", "in-script")]
    assert "For 1,228 mentions there are {} different names in-family and {} in-script.".format(*of_hindi) in prose(
        HINDI / "README.md"
    )
    types = Counter(type for type, _ in put_in["sw", "in-family"])
    text = prose(SWAHILI / "README.md")
    assert f"{types.total()} of Yoruba ({types['ORG']} of them organisations) take the place of all 1,194" in text
    assert f"mentions in-family, {len(put_in['sw', 'in-script'])} in-script." in text


OF_HINDI = [
    (1, "intervals", "fraction", "in-language", "hi", "", 0),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "intervals", "fraction", "in-script", "hi", "", 0),
    (1, "intervals", "fraction", "in-family", "hi", "", 0),
    (1, "claims", "7", "monolingual, partial-50, in-language"),
    (1, "claims", "7", "monolingual, partial-70, in-language"),
    (1, "claims", "7", "monolingual, partial-90, in-language"),
    (1, "intervals", "fraction", "in-language", "hi", "partial", 50),
    (1, "intervals", "fraction", "in-language", "hi", "partial", 90),
    (1, "intervals", "fraction", "in-family", "hi", "partial", 50),
    (1, "intervals", "fraction", "in-family", "hi", "partial", 70),
    (1, "intervals", "fraction", "in-family", "hi", "partial", 90),
    (1, "intervals", "fraction", "in-script", "hi", "partial", 70),
    (1, "intervals", "fraction", "in-script", "hi", "partial", 90),
    (1, "intervals", "difference", "in-script", "hi", "partial", 50),
    (1, "intervals", "difference", "in-family", "hi", "partial", 50),
    (1, "intervals", "difference", "in-script", "hi", "partial", 70),
    (1, "intervals", "difference", "in-family", "hi", "partial", 70),
    (1, "intervals", "difference", "regular", "hi", "partial", 50),
    (1, "intervals", "difference", "regular", "hi", "partial", 70),
    (1, "intervals", "difference", "regular", "hi", "partial", 90),
    (1, "claims", "8", "monolingual, full-50, in-language"),
    (1, "claims", "8", "monolingual, full-70, in-language"),
    (1, "claims", "8", "monolingual, full-90, in-language"),
    (1, "claims", "8, regular", "monolingual, 50 %, regular"),
    (-1, "claims", "8, regular", "monolingual, 70 %, regular"),
    (-1, "claims", "8, regular", "monolingual, 90 %, regular"),
    (1, "claims", "own 3", "monolingual, partial-50, regular"),
    (1, "claims", "own 3", "monolingual, partial-70, regular"),
    (1, "claims", "own 3", "monolingual, partial-90, regular"),
    (1, "forgotten", 50),
    (1, "forgotten", 70),
    (1, "forgotten", 90),
    (1, "forgotten", 70, "partial", "in-family"),
    (1, "intervals", "method_gain", "in-script", "hi", "dense-int8", 0),
]
"""What the intervals of the page of Hindi are of, as PRINTED."""

HINDI_ROWS = {
    "dense": ("", 0),
    "partial 50": ("partial", 50),
    "partial 70": ("partial", 70),
    "partial 90": ("partial", 90),
    "full 50": ("full", 50),
    "full 70": ("full", 70),
    "full 90": ("full", 90),
    "one-shot 50": ("partial-after", 50),
    "one-shot 70": ("partial-after", 70),
    "one-shot 90": ("partial-after", 90),
    "dense, int8": ("dense-int8", 0),
    "partial 50, int8": ("partial-int8", 50),
    "partial 70, int8": ("partial-int8", 70),
    "partial 90, int8": ("partial-int8", 90),
}
"""Scope and sparsity of the rows of the table of the page of Hindi."""


def test_the_page_of_hindi_prints_its_results_next_to_those_of_the_paper():
    f1, floors = printed_f1(HINDI), printed_floors(HINDI)
    published = read_published(ROOT / "resources" / "paper_f1.csv")
    published = [cell for cell in published if (cell.setting, cell.language) == (MONOLINGUAL, "hi")]
    theirs = {(cell.test_set, cell.scope, cell.sparsity): f"{cell.f1:.3f}" for cell in published}
    ((header, *rows),) = tables_of(HINDI / "README.md")
    of_paper = {"regular": "the paper, regular", "in-language": "the paper, perturbed"}
    assert header == ["model", *(floors[test_set] for test_set in TEST_SETS), *of_paper.values()]
    for model, *cells in rows:
        of = HINDI_ROWS[model]
        expected = [f1[test_set, *of] for test_set in TEST_SETS]
        assert cells == [*expected, *(theirs.get((test_set, *of), "–") for test_set in of_paper)], model
    assert [row[0] for row in rows] == [*HINDI_ROWS] and len(f1) == len(rows) * len(TEST_SETS), "a row is missing"

    text = prose_of_one_language(HINDI, OF_HINDI)
    claims, intervals = (read_results(HINDI, name) for name in ("claims.csv", "intervals.csv"))
    f1_of = {cell[1:-1]: cell.f1 for cell in published}  # by test set, scope, language and sparsity
    gains = {
        (test_set, sparsity): f1_of[test_set, "partial", "hi", sparsity] - f1_of[test_set, "", "hi", 0]
        for test_set in of_paper
        for sparsity in (50, 70, 90)
    }
    assert f"In the paper it is +{gains['in-language', 50]:.3f} at 50 %" in text
    gain, *losses = (gains["regular", sparsity] for sparsity in (50, 70, 90))
    assert f"a gain of {gain:.3f} at 50 %, and losses of {-losses[0]:.3f} and {-losses[1]:.3f}." in text
    full = [theirs["in-language", "full", sparsity] for sparsity in (50, 70, 90)]
    assert "The paper prints {}, {} and {} in-language.".format(*full) in text
    partial = [theirs["in-language", "partial", sparsity] for sparsity in (50, 70, 90)]
    assert "are not: {}, {} and {} at 50, 70 and 90 %.".format(*partial) in text
    assert f"prints {theirs['in-language', '', 0]} in-language, below" in text
    to_theirs = pd.read_csv(HINDI / "results" / "tables" / "published.csv").fillna({"scope": ""})
    to_theirs = to_theirs.set_index(["test set", "scope", "sparsity"])
    to_theirs = to_theirs[["difference", "difference low", "difference high"]]
    less = -to_theirs.loc["in-language", "partial", 90].to_numpy()[[0, 2, 1]]  # low and high change places
    for words, differences in (
        ("(difference {}, {} to {})", to_theirs.loc["regular", "", 0]),
        ("ours have {} more ({} to {})", to_theirs.loc["in-language", "partial", 50]),
        ("the same ({} more, {} to {})", to_theirs.loc["in-language", "partial", 70]),
        ("and {} less ({} to {}).", less),
    ):
        assert words.format(*(printed_number(number, 3) for number in differences)) in text
    costs = [
        f1_of["regular", "partial", "hi", sparsity] - f1_of["regular", "full", "hi", sparsity]
        for sparsity in (50, 70, 90)
    ]
    assert "its own numbers for Hindi lose {:.3f}, {:.3f} and {:.3f}.".format(*costs) in text
    scores = pd.read_csv(HINDI / "results" / "scores.csv")
    floor = scores[scores["test_set"].eq("in-language")]["chance_floor"].iloc[0]
    by_seed = scores[scores["test_set"].eq("regular")].set_index(["variant", "seed"]).sort_index()["f1"]
    shots, pruned = by_seed["partial-90-after"], by_seed["partial-90"]
    lost = pruned - shots
    assert "F1 on regular data is {:.3f}, {:.3f} and {:.3f}, none of it inside".format(*shots) in text
    low, high = map(float, re.findall(r"\.\d\d", f1["regular", "partial-after", 90].split(" ", 1)[1]))
    assert not any(low <= value <= high for value in shots) and max(shots) < min(pruned)
    assert f"All three seeds lose, by {lost.min():.2f} to {lost.max():.2f}." in text
    unseen = scores[scores["variant"].eq("dense")].groupby("test_set")["unseen_share"].first()
    shares = [f"{100 * unseen[test_set]:.0f} %" for test_set in TEST_SETS]
    assert (
        "{} are not in the training data on regular data, {} in-language, {} in-script and {} in-family.".format(
            *shares
        )
        in text
    )
    forgotten = read_results(HINDI, "forgotten.csv").query(
        "language == 'mean' and group.isna() and value == 'all' and scope == 'partial' and sparsity == 70"
    )
    forgotten = forgotten.set_index(["statistic", "test_set"])["estimate"]
    beyond = forgotten["forgotten_beyond_floor"]
    assert f"one of another seed misses {(forgotten['forgotten'] - beyond)['regular']:.2f};" in text
    assert 1.8 < beyond["in-family"] / beyond["regular"] < 2.2 and "twice as much" in text
    perturbed = [cell for cell in published if cell.test_set == "in-language"]
    assert all((cell.f1 < floor) == (cell.scope != "partial") for cell in perturbed)
    rows = intervals.query("statistic == 'difference' and language == 'hi' and scope == 'partial' and sparsity == 50")
    losses = -rows[rows["group"].isna()].set_index("test_set")["estimate"]
    (loss,) = {f"{losses[test_set]:.2f}" for test_set in ("regular", "in-language")}
    of_readme = f"(6 epochs) they cost {loss} on regular data and on its own names."
    assert f"[Hindi](docs/mid-resource/README.md) {of_readme}" in running_text(ROOT / "README.md")
    tested = claims[(claims["part"] > 0) & (claims["verdict"] != "not tested")]
    of_int8 = tested[tested["claim"] == "own 5"]["verdict"]
    assert f"in {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts" in text
    once = tested[tested["claim"] != "own 5"].drop_duplicates(["measured", "low", "high"])
    assert f"{(once['verdict'] != 'inconclusive').sum()} of {len(once)} are. Three seeds" in text
    repeated = len(tested) - len(of_int8) - len(once)
    assert (len(of_int8), repeated) == (8, 3) and "Eight of these are about int8, and three repeat" in text
    gains, without_0 = int8_gains(intervals[intervals["language"].eq("hi")])
    assert f"Of all {len(gains)} differences, one has an interval that does not include 0" in text
    assert without_0[["test_set", "sparsity"]].to_numpy().tolist() == [["in-script", 0]]


def test_the_page_of_methods_counts_its_runs_and_mentions():
    text = running_text(METHODS / "README.md")
    runs = study_runs(yaml.safe_load((METHODS / "results" / "config.yaml").read_text()))
    methods = Counter(run.method for run in runs)
    trained = methods[""] + methods["magnitude"] + methods["random"]
    dense = sum(run.variant == "dense-int8" for run in runs)
    assert f"{trained} fine-tunings, and {methods['after']} models pruned after training" in text
    assert f"The {dense} dense models and the {methods['int8'] - dense} pruned by magnitude" in text
    scores = pd.read_csv(METHODS / "results" / "scores.csv")
    mentions = scores[scores["test_set"] == "regular"].groupby("language")["mentions"].first()
    assert f"only {mentions['yo']} and {mentions['jv']} mentions" in text
    of_both = scores[scores["setting"].eq(MULTILINGUAL) & scores["test_set"].eq("in-script")]
    unseen = of_both.groupby("language")["unseen_share"].first()
    assert f"do not have {100 * unseen['jv']:.0f} and {100 * unseen['yo']:.0f} % of these mentions" in text
    late = scores[scores["seed"].ge(4) & scores["test_set"].eq("regular")]
    by_setting = late.groupby(["setting", "variant", "language"])["f1"].mean().groupby(["setting", "variant"]).mean()
    gains = by_setting[MULTILINGUAL] - by_setting[MONOLINGUAL]
    assert f"the gains at 50 % are {gains['partial-50']:.2f} and {gains['full-50']:.2f}" in text
    assert gains["dense"] > 0 > max(gains["partial-90"], gains["full-90"]) and "have the same signs" in text
    diagnosis = pd.read_csv(METHODS / "results" / "diagnosis.csv")
    perturbed = scores["test_set"].isin(["in-language", "in-script"]).sum()
    assert f"{len(diagnosis)} of {perturbed} perturbed scores" in text
    assert "misaligned" not in set(diagnosis["finding"])
    renamed = diagnosis[diagnosis["finding"] == "labels permuted"]
    assert len(renamed) == 2 and set(renamed["test_set"]) == {"in-script"} and (renamed["f1_regular"] < 0.11).all()
    for row in renamed.itertuples():
        run = Run(row.training_set, row.variant, row.seed)
        assert f"{row.f1_types_permuted:.3f} instead of {row.f1:.3f} for `{run}`" in text
    there = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv")
    keys = ["training_set", "variant", "seed", "language", "test_set"]
    alone = scores[(scores["test_set"] == "regular") & (scores["setting"] == MONOLINGUAL)]
    both = alone.merge(there, on=keys)
    assert f"by up to {(both['f1_x'] - both['f1_y']).abs().max():.2f} F1" in text


def test_the_page_of_methods_counts_weights(study):
    if study.folder != METHODS:
        pytest.skip("the page of the other study counts none")
    text = running_text(METHODS / "README.md")
    pruned, dense = (
        pd.read_csv(study.runs[Run("yo", variant, 1)] / "sparsity.csv").set_index("matrix")
        for variant in ("embeddings-70", "dense")
    )
    weights, words = dense["weights"].sum(), dense.loc["bert.embeddings.word_embeddings.weight"]
    zeros = pruned.loc[pruned["pruned"], "zeros"].sum()
    assert f"where {zeros / 1e6:.0f} million of {weights / 1e6:.0f} million weights are gone" in text
    assert f"{words['zeros'] / words['weights']:.0%} of the word embeddings' weights".replace("%", " %") in text
    linear = dense.index.str.contains(r"encoder\.layer.*weight")
    assert 0.17 < dense.loc[linear, "weights"].sum() / weights < 0.23 and "about a fifth of its weights" in text
    of_mbert = 12 * 12 * 768**2  # in linear layers; its word embeddings have 119,547 rows
    assert 0.45 < of_mbert / (of_mbert + (119547 + 512 + 2) * 768) < 0.55 and "those of mBERT hold about half" in text
    for language in ("yo", "jv"):
        record = read_json(study.runs[Run(language, "dense", 1)] / "run.json")
        assert record["vocabulary_rows_trained"] < words["rows"] / 2
    assert "most rows belong to word pieces that these languages never use" in text


def test_the_pages_of_one_language_count_the_weights_that_are_pruned(study):
    words = {
        SWAHILI: "Half of its linear layers are {:.0f} % of all its weights",
        HINDI: "half of them are {:.0f} % of all weights",
    }
    if study.folder not in words:
        pytest.skip("the pages of the other studies say it in other words")
    (language,) = study.config["monolingual"]
    matrices = pd.read_csv(study.runs[Run(language, "partial-50", 1)] / "sparsity.csv")
    share = matrices.loc[matrices["pruned"], "zeros"].sum() / matrices["weights"].sum()
    text = prose(study.folder / "README.md")
    assert words[study.folder].format(100 * share) in text
    if study.folder == HINDI:
        records = [read_json(study.runs[run] / "run.json") for run in study.runs if run.method in ("", "magnitude")]
        ((steps, end),) = {
            (record["steps"], row["end"])
            for record in records
            for row in study.config["schedules"]
            if row["up_to"] == record["sentences"] == 5000
        }
        whole = steps // study.config["finetuning"]["epochs"] * 60
        minutes = [record["seconds"] / 60 for record in records]
        assert f"{len(records)} fine-tunings of {steps:,} steps of 16 sentences" in text
        assert f"{min(minutes):.0f} to {max(minutes):.0f} minutes each" in text
        assert f"steps, 500 to {end:,}. So after it there are {steps - end} steps to recover in" in text
        assert f"there would be {whole - end:,}." in text
        losses = pd.read_csv(study.runs[Run("hi", "partial-90", 1)] / "training.csv")["loss"]
        assert losses[-200:].mean() < losses[-400:-200].mean() and "the training loss at 90 % still falls" in text


def test_the_page_on_int8_prints_the_scores_of_the_first_seed():
    scores = pd.read_csv(METHODS / "results" / "scores.csv").query("seed == 1 and setting == 'monolingual'")
    f1 = scores.set_index(["language", "variant", "test_set"])["f1"]
    table = next(table for table in tables_of(ROOT / "docs" / "quantisation.md") if "F1, regular" in table[0])
    assert len(table) == 5
    for name, *cells, _ in table[1:]:
        language, variant = name.split(", ")
        places = [
            (language, of_precision, test_set)
            for test_set in (REGULAR, "in-language")
            for of_precision in (variant, f"{variant}-int8")
        ]
        assert cells == [f"{f1[place]:.4f}".removeprefix("0") for place in places]


def test_the_readme_says_what_random_pruning_costs():
    claims = read_results(METHODS, "claims.csv")
    measured = claims[(claims["claim"] == "own 2") & (claims["part"] > 0)]["measured"]
    int8 = claims[(claims["claim"] == "own 5") & (claims["part"] > 0)]["measured"]
    gains = read_results(METHODS, "intervals.csv").query(
        "statistic == 'method_gain' and test_set == 'in-script' and language == 'mean' and scope == 'partial-random' "
        "and group.isna()"
    )
    in_script = -gains["estimate"]
    assert len(in_script) == 3 and {*gains["sparsity"]} == {50, 70, 90}
    readme = running_text(ROOT / "README.md")
    equal = claims[claims["claim"] == "1, at equal budget"].set_index("text")
    equal.index = equal.index.str.partition(":").get_level_values(0)
    ends = [printed_number(equal.loc["dense, regular", end], 2) for end in ("low", "high")]
    half, most = (equal.loc[[f"partial-{level}, regular", f"full-{level}, regular"], "measured"] for level in (50, 90))
    assert (
        f"it is open whether one dense model of both is better ({' to '.join(ends)} F1); at 50 % it is, by "
        f"{half.min():.2f} to {half.max():.2f}, at 90 % it is worse, by {-most.max():.2f} to {-most.min():.2f}."
    ) in readme
    assert equal.loc["dense, regular", "verdict"] == "inconclusive"
    assert (
        f"costs {measured.min():.2f} to {measured.max():.2f} F1 more than pruning the smallest "
        f"({printed_number(in_script.min(), 2)} to {in_script.max():.2f} on the set perturbed in-script)"
    ) in readme
    assert "int8 changes F1 by less than 0.01 " in readme and int8.abs().max() < 0.01


def tables_of(path):
    """Return the tables of a Markdown page, as rows of cells; the first row is the header."""
    tables = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in block.splitlines()]
        if block.startswith("| "):
            tables.append([row for row in rows if not set(row[0]) <= set("-:")])
    return tables
