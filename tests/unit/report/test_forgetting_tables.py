"""The tables of what pruning forgets: shares by class of mentions, and sentences."""

from pathlib import Path

import forgotten_sentences as script
import numpy as np
import pandas as pd
import pytest
from ner_pruning.data.mention_properties import mention_frequencies, mention_properties, write_properties
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import sentence_digest
from ner_pruning.report.forgetting_tables import Forgotten, forgetting_means, forgotten_row, most_forgotten
from ner_pruning.scoring.found_mentions import found_mentions, write_found
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_manifest, write_predictions
from ner_pruning.statistics.forgetting import FORGETTING_COLUMNS, forgetting_table
from ner_pruning.terms import Provenance, Run

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)
SMALL = Provenance("small", False, "x")


def frame_of(*rows: dict) -> pd.DataFrame:
    """Return rows of the table of what pruning forgets; each has what differs from a mean over two languages."""
    whole = {
        **{"statistic": "forgotten", "setting": "monolingual", "test_set": "regular", "language": "mean", "group": ""},
        **{"property": "all", "value": "all", "scope": "partial", "sparsity": 50, "estimate": 0.25, "low": 0.2},
        **{"high": 0.3, "p_value": np.nan, "p_adjusted": np.nan, "mentions": 80, "languages": 2, "seeds": 2},
        **{"codes": "jv yo", "most_seeds": 3},
    }
    return pd.DataFrame([whole | row for row in rows], columns=FORGETTING_COLUMNS)


FLOOR = {"sparsity": 0, "estimate": 0.05}
BEYOND = {"statistic": "forgotten_beyond_floor", "estimate": -0.0123, "low": -0.02, "high": 0.01}


def test_a_row_has_the_floor_and_what_lies_beyond_it():
    frame = frame_of(FLOOR, {}, {"sparsity": 90}, BEYOND, BEYOND | {"sparsity": 90, "estimate": 0.4})
    (row,) = forgetting_means(frame, SMALL).rows.to_dict("records")
    assert row == {
        **{"models": "monolingual", "scope": "partial", "share": "forgotten", "mentions": "all", "number": "80"},
        **{"languages": "2", "seeds": "2–3", "floor": "0.0500", "50": "-0.0123", "90": "0.4000"},
    }
    (shown,) = forgetting_means(frame, SMALL).shown.to_dict("records")
    assert (shown["50"].text, shown["50"].beside) == ("−0.0123", "[−.020, .010]")


def test_a_row_of_other_languages_than_all_mentions_names_them():
    words = [{"property": "words", "value": "1", "languages": 1, "codes": "yo"}, {"property": "words", "value": "2"}]
    many = {"property": "words", "value": "3", "languages": 4, "codes": "hi jv sw yo"}
    rows = forgetting_means(frame_of({}, *words, many), SMALL).rows
    assert rows["languages"].tolist() == ["2", "1 (yo)", "2", "4"]


def test_without_a_floor_a_row_has_the_whole_share_and_says_so():
    table = forgetting_means(frame_of({}), SMALL)
    (row,) = table.rows.to_dict("records")
    assert (row["share"], row["floor"], row["50"]) == ("forgotten (no floor)", "", "0.2500")
    assert "no second dense model" in table.notes[-1]
    assert "no second dense model" not in " ".join(forgetting_means(frame_of(FLOOR, {}, BEYOND), SMALL).notes)


def test_rows_are_by_class_and_what_is_gained_is_of_all_mentions():
    short = {"property": "words", "value": "1"}
    frame = frame_of(
        {},
        short,
        {"group": "script Latin"},
        {"statistic": "gained"},
        {"statistic": "gained"} | short,
        {"language": "yo"},
        {"test_set": "in-language"},
        {"setting": "multilingual", "scope": "full", "sparsity": 90},
    )
    rows = forgetting_means(frame, SMALL).rows
    found = list(zip(rows["models"], rows["share"], rows["mentions"], rows["50"], rows["90"], strict=True))
    assert found == [
        ("monolingual", "forgotten (no floor)", "all", "0.2500", ""),
        ("monolingual", "forgotten (no floor)", "words 1", "0.2500", ""),
        ("monolingual", "forgotten (no floor)", "script Latin", "0.2500", ""),
        ("monolingual", "gained (no floor)", "all", "0.2500", ""),
        ("multilingual", "forgotten (no floor)", "all", "", "0.2500"),
    ]


def test_other_methods_have_rows_of_all_mentions():
    classes = ({}, {"property": "words", "value": "1"})
    frame = frame_of(*(row | {"scope": scope} for scope in ("partial-random", "embeddings", "full") for row in classes))
    rows = forgetting_means(frame, SMALL).rows
    found = list(zip(rows["scope"], rows["mentions"], strict=True))
    assert found == [("full", "all"), ("full", "words 1"), ("embeddings", "all"), ("partial-random", "all")]


@pytest.mark.parametrize("scope", ["embeddings", "partial-random"])
def test_a_study_of_other_models_alone_has_all_rows_of_the_first(scope):
    words = {"property": "words", "value": "1"}
    frame = frame_of(*(row | {"scope": name} for name in ("partial-zero", scope) for row in ({}, words)))
    rows = forgetting_means(frame, SMALL).rows
    assert list(zip(rows["scope"], rows["mentions"], strict=True)) == [
        (scope, "all"),
        (scope, "words 1"),
        ("partial-zero", "all"),
    ]


def test_a_study_with_too_few_mentions_has_an_empty_table():
    table = forgetting_means(frame_of(), SMALL)
    assert len(table.rows) == 0
    assert table.markdown() and table.latex() and table.html()


def test_the_table_has_the_numbers_of_a_study():
    random = np.random.default_rng(0)
    found = {
        Run("yo", variant, seed): {("regular", "yo"): random.random(60) < share}
        for variant, share in (("dense", 0.9), ("partial-50", 0.8), ("full-50", 0.5))
        for seed in (1, 2, 3)
    }
    corpus = Corpus([["Ada"]] * 60, [[B_PER]] * 60)
    properties = {"yo": {("regular", "yo"): mention_properties({}, corpus)}}
    frame = forgetting_table(found, properties, {"yo": "Latin"}, seed=0, resamples=50)
    rows = forgetting_means(frame, SMALL).rows
    printed = rows[(rows["share"] == "forgotten") & (rows["scope"] == "full")].set_index("mentions")
    assert list(printed.index) == ["all", "type PER", "words 1", "training frequency 0", "overlap unseen"]
    of = frame[(frame["statistic"] == "forgotten_beyond_floor") & (frame["scope"] == "full")]
    (expected,) = of.loc[(of["property"] == "all") & (of["language"] == "mean"), "estimate"]
    assert printed.loc["all", "50"] == printed.loc["words 1", "50"] == f"{expected:.4f}"


# Sentences

SENTENCES = np.array([0, 1, 1, 2, 3, 4])


def runs(**finds: list[list[int]]) -> dict[Run, np.ndarray]:
    """Return what the seeds of variants find of the six mentions; finds: their numbers, by variant and seed."""
    return {
        Run("yo", name.replace("_", "-"), seed): np.isin(np.arange(len(SENTENCES)), places)
        for name, of_seeds in finds.items()
        for seed, places in enumerate(of_seeds, 1)
    }


def test_the_lowest_sparsity_comes_first_then_most_runs_then_the_order():
    found = runs(
        dense=[[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4]],  # mention 5 is found by one seed only
        partial_50=[[0, 1, 2, 4], [0, 1, 4]],  # forgotten: 3; 2 by one seed only
        partial_90=[[], [4]],  # forgotten: 0, 1, 2
        full_50=[[], []],  # of the other scope
    )
    assert most_forgotten(found, SENTENCES, 5) == [
        Forgotten(sentence=2, place=3, variant="partial-50", missed=4, pruned=4),
        Forgotten(sentence=1, place=2, variant="partial-90", missed=3, pruned=4),  # the other one of it is missed by 2
        Forgotten(sentence=0, place=0, variant="partial-90", missed=2, pruned=4),
    ]
    assert len(most_forgotten(found, SENTENCES, 2)) == 2


def test_the_full_scope_is_taken_where_there_is_no_other():
    found = runs(dense=[[0, 1]], full_50=[[0]])
    assert most_forgotten(found, SENTENCES, 5) == [Forgotten(1, 1, "full-50", 1, 1)]


def test_other_scopes_and_methods_are_taken_where_none_is_pruned_as_in_the_paper():
    found = runs(dense=[[0, 1]], embeddings_70=[[0]], embeddings_70_random=[[]])
    assert most_forgotten(found, SENTENCES, 5) == [Forgotten(1, 1, "embeddings-70", 1, 1)]
    found = runs(dense=[[0, 1]], partial_70_random=[[0]], partial_50_random=[[0, 1]])
    assert most_forgotten(found, SENTENCES, 5) == [Forgotten(1, 1, "partial-70-random", 1, 2)]


def test_nothing_is_forgotten_of_a_study_without_pruned_models_or_by_models_that_find_all():
    assert most_forgotten(runs(dense=[[0, 1]]), SENTENCES, 5) == []
    assert most_forgotten(runs(dense=[[0, 1]], partial_50=[[0, 1]]), SENTENCES, 5) == []


GOLD = Corpus(
    [["Ada", "Obi"], ["in", "Lagos", ",", "Ada"], ["none"]],
    [[B_PER, I_PER], [OUT, B_LOC, OUT, B_PER], [OUT]],
)


def test_a_row_shows_gold_dense_and_pruned_tags_side_by_side():
    example = Forgotten(sentence=1, place=1, variant="partial-90", missed=3, pruned=4)
    row = forgotten_row(example, GOLD, [OUT, B_LOC, OUT, B_PER], [OUT, B_ORG, OUT, OUT], "yo", "monolingual")
    assert row == {
        **{"language": "yo", "models": "monolingual", "variant": "partial-90", "sentence": "1"},
        **{"forgotten": "LOC Lagos", "gold": "in [LOC Lagos] , [PER Ada]", "dense": "in [LOC Lagos] , [PER Ada]"},
        **{"pruned": "in [ORG Lagos] , Ada", "missed by": "3 of 4 pruned runs"},
    }


@pytest.fixture
def files(tmp_path: Path) -> dict:
    """The files of two Yoruba models, of which the pruned one misses Lagos, as the script takes them."""
    write_evaluation(tmp_path / "yo.parquet", {"validation": GOLD, "regular": GOLD})
    properties = {("regular", "yo"): mention_properties(mention_frequencies([]), GOLD)}
    write_properties(tmp_path / "mentions.parquet", properties)
    digests = [sentence_digest(words) for words in GOLD.tokens]
    found, predictions = {}, {}
    for variant, tags in (("dense", GOLD.tags), ("full-70", [GOLD.tags[0], [OUT, OUT, OUT, B_PER], [OUT]])):
        run, folder = Run("yo", variant, 1), tmp_path / variant
        folder.mkdir()
        write_predictions(folder / "regular.parquet", [LanguagePredictions("yo", digests, tags, [0, 0, 0])])
        write_manifest(folder / "predictions.json", {"regular": folder / "regular.parquet"})
        write_found(folder / "found.parquet", {("regular", "yo"): found_mentions(GOLD.tags, tags)})
        found[run] = str(folder / "found.parquet")
        predictions[run] = (str(folder / "predictions.json"), str(folder))
    return {
        "runs": found,
        "predictions": predictions,
        "mentions": {"yo": str(tmp_path / "mentions.parquet")},
        "gold": {"yo": str(tmp_path / "yo.parquet")},
    }


def test_the_script_writes_the_sentences(files, tmp_path):
    script.main(**files, sentences=5, provenance=SMALL, out=[tmp_path / "out.csv", tmp_path / "out.md"])
    (row,) = pd.read_csv(tmp_path / "out.csv").to_dict("records")
    assert (row["variant"], row["sentence"], row["forgotten"]) == ("full-70", 1, "LOC Lagos")
    assert row["dense"] == row["gold"] == "in [LOC Lagos] , [PER Ada]"
    assert row["pruned"] == "in Lagos , [PER Ada]"
    assert "There is no such mention" not in (tmp_path / "out.md").read_text()


def test_the_script_says_that_nothing_is_forgotten(files, tmp_path):
    dense, pruned = files["runs"]
    files["runs"][pruned] = files["runs"][dense]
    script.main(**files, sentences=5, provenance=SMALL, out=[tmp_path / "out.csv", tmp_path / "out.md"])
    assert len(pd.read_csv(tmp_path / "out.csv")) == 0
    assert "There is no such mention." in (tmp_path / "out.md").read_text()
