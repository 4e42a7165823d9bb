"""What `docs/` publishes of studies of real data: its scores and claims are those of the runs that lie beside them."""

import re

import pandas as pd
import pytest
import yaml
from ner_pruning.claims.equal_budget import equal_budget_languages
from ner_pruning.claims.ledger import ledger, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.files import read_json, sentence_digest
from ner_pruning.report.run_table import run_statistics, run_statistics_table
from ner_pruning.scoring.f1 import read_counts, score
from ner_pruning.scoring.prediction_files import read_manifest, read_predictions
from ner_pruning.statistics.bootstrap import Replicates, resample
from ner_pruning.statistics.forgetting import forgetting_table
from ner_pruning.statistics.interval_table import intervals_table
from ner_pruning.statistics.intervals import Cells
from ner_pruning.statistics.recall import joined, resampled_recall
from ner_pruning.study.methods import stored_run
from ner_pruning.terms import MULTILINGUAL, REGULAR, VALIDATION, Provenance, Run
from published_studies import (
    ENCODER,
    METHODS,
    PUBLISHED,
    ROOT,
    Published,
    built_sets,
    read_results,
    unpacked,
)
from real_data import needs_wikiann
from snakemake.utils import update_config


@pytest.fixture(scope="module", params=PUBLISHED, ids=lambda folder: folder.name)
def study(request, tmp_path_factory) -> Published:
    return unpacked(request.param, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def replicates(study) -> Replicates:
    """The F1 of the runs, resampled as the study did."""
    counts = [read_counts(path / "counts.parquet") for path in study.runs.values()]
    return resample(list(study.runs), counts, **study.config["bootstrap"])


def test_the_config_is_what_its_overlay_gives(study):
    """A key that is new in config.yaml belongs into what is published, too."""
    expected = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(expected, yaml.safe_load((ROOT / "studies" / f"{study.folder.name}.yaml").read_text()))
    assert study.config == expected


def test_the_scores_are_those_of_the_runs(study):
    keys = ["training_set", "variant", "seed", "language", "test_set"]
    frames = [pd.read_csv(path / "scores.csv").assign(**run._asdict()) for run, path in study.runs.items()]
    of_runs = pd.concat(frames).set_index(keys).sort_index()
    of_study = study.scores.set_index(keys).sort_index()
    assert of_study.index.equals(of_runs.index)
    for column in ("sentences", "mentions", "predicted", "correct", "f1"):
        pd.testing.assert_series_equal(of_study[column], of_runs[column], check_exact=True)


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
    assert (published["verdict"] != "not tested").sum() > 15
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
    assert result.index.equals(published.index) and len(result) > 1500
    for column in ("estimate", "low", "high"):
        pd.testing.assert_series_equal(result[column], published[column], rtol=1e-6)


def test_what_is_forgotten_follows_from_the_runs(study):
    frame = forgetting_table(*study.compared(), study.groups()["script"], **study.config["bootstrap"])
    published = read_results(study.folder, "forgotten.csv")
    assert len(published) > 500
    texts = ["language", "group", "scope"]
    frame[texts] = frame[texts].replace("", None)
    # thirds of mentions, where there are four seeds, are summed in float32
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), published, check_dtype=False, rtol=1e-6, atol=1e-6)


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
