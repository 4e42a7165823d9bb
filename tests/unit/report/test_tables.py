"""Tables as CSV and Markdown: their rows, what they say about what is behind them, and what they escape."""

import io
import json
from pathlib import Path

import data_sizes_table
import examples_table
import f1_table
import numpy as np
import pandas as pd
import pytest
from ner_pruning.data.wikiann import Corpus, write_corpus
from ner_pruning.files import InputError
from ner_pruning.report import data_tables, f1_tables
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.statistics.interval_table import write_intervals
from ner_pruning.study.languages import read_languages
from ner_pruning.terms import Provenance
from paper_tables import LANGUAGES as PAPER_LANGUAGES
from paper_tables import SPARSITIES, SUMMARIES, paper_scores
from small_scores import intervals_of, study

ROOT = Path(__file__).parents[3]
LANGUAGES = ROOT / "resources" / "languages.tsv"
SMALL = Provenance("small", False, "x")
CLASSES = [100, 1000, 5000, 10000, 15000, 20000]


@pytest.fixture(scope="module")
def resource():
    return read_languages(LANGUAGES)


def scores(seeds=(1, 2), test_set="regular"):
    """Two languages, dense and 50 %; en: 0.8 and 0.6, yo: 0.4 and 0.1, plus or minus 0.01 by seed."""
    means = {("en", 0): 0.8, ("en", 50): 0.6, ("yo", 0): 0.4, ("yo", 50): 0.1}
    held = study(
        lambda cell, code, seed: means[code, cell.sparsity] + 0.01 * (-1) ** seed * (len(seeds) > 1),
        ["en", "yo"],
        settings={"monolingual": ["en", "yo"]},
        variants=[("partial", 50)],
        test_sets=[test_set],
        seeds=seeds,
    )
    floor = held["language"].map({"en": 0.04, "yo": 0.14})
    ends = {"chance_floor_low": floor / 2, "chance_floor_high": 2 * floor}
    shuffled = {"shuffle_floor": floor / 4, "shuffle_floor_low": 0.0, "shuffle_floor_high": floor}
    return held.assign(chance_floor=floor, **ends, **shuffled, changed_share=0.95, unseen_share=0.25)


def table_of(scores, number, languages, provenance=SMALL):
    return f1_tables.f1_table(intervals_of(scores), scores, number, languages, provenance)


def test_table_1_of_the_whole_study_is_the_papers(resource):
    sizes = {code: language.train_size for code, language in resource.items()}
    monolingual = [code for code, language in resource.items() if language.monolingual]
    table = data_tables.data_sizes_table(sizes, monolingual, resource, CLASSES, Provenance("paper", False))
    assert table.rows.iloc[:, :3].to_numpy().tolist() == [
        ["100", "jv* my yo*", "0.05"],
        ["1000", "kk sw* te*", "0.19"],
        ["5000", "af* hi* mr", "0.21"],
        ["10000", "bn* eu* ka ml tl", "0.23"],
        ["15000", "et ta", "0.31"],
        ["20000", "ar bg de el en* es fa fi fr he hu id it ja ko ms nl pt ru th tr ur vi zh*", "2.93"],
    ]
    assert "jv\\* my yo\\*" in table.markdown() and "40 languages" in table.markdown()


def test_table_1_counts_and_classes_other_sizes(resource, tmp_path):
    cards = {}
    for language, sentences in {"en": 400, "yo": 50, "sw": 100, "de": 30000}.items():
        cards[language] = tmp_path / f"{language}.json"
        cards[language].write_text(json.dumps({"splits": {"train": {"sentences": sentences}}}))
    out = tmp_path / "t.csv", tmp_path / "t.md", tmp_path / "t.tex"
    data_sizes_table.main(cards, ["yo"], [LANGUAGES], CLASSES, Provenance("demo", True), *out)
    rows = pd.read_csv(out[0], dtype=str).to_numpy().tolist()
    assert rows == [
        ["100", "sw yo*", "0.12", "50–100"],
        ["1000", "en", "2.93", "400"],
        ["20000", "de", "2.93", "30000"],
    ]
    assert "(demo on synthetic text)" in out[1].read_text()


def written(folder, held):
    """Write intervals and scores, as rule `f1_table` reads them, and return their paths."""
    paths = folder / "intervals.parquet", folder / "scores.parquet"
    held.to_parquet(paths[1])
    write_intervals(paths[0], intervals_of(read_all_scores(paths[1])))
    return paths


def test_f1_table_has_seed_means_then_means_and_medians(tmp_path):
    out = [tmp_path / f"t.{suffix}" for suffix in ("csv", "md", "tex")]
    f1_table.main(*written(tmp_path, scores()), 6, ["yo", "en"], Provenance("small", False, "some/encoder_x"), out)
    # The seeds are 0.02 apart: a standard deviation of 0.02 / sqrt(2), of both languages' mean too.
    assert out[0].read_text().splitlines() == [
        "languages,0,50,0 sd,50 sd",
        "yo,0.4000,0.1000,0.0141,0.0141",
        "en,0.8000,0.6000,0.0141,0.0141",
        "means,0.6000,0.3500,0.0141,0.0141",
        "medians,0.6000,0.3500,0.0141,0.0141",
    ]
    text = out[1].read_text()
    assert text.startswith(
        "**Table 6: F1 scores for monolingual fine-tuning on the regular data for various levels of sparsity "
        "without pruning embedding layers**\n"
    )
    assert "2 languages; F1 is the mean over 2 seeds." in text and "some/encoder\\_x" in text
    assert "demo" not in text


@pytest.mark.parametrize("number", [6, 7, 8, 9])
def test_the_published_scores_give_the_published_means_and_medians(number):
    table = table_of(paper_scores(), number, PAPER_LANGUAGES)
    rows = pd.read_csv(io.StringIO(table.csv()), index_col=0)[[str(sparsity) for sparsity in SPARSITIES]]
    means, medians = SUMMARIES[number]
    # 0.0001, and what binary fractions add to a difference of exactly that
    np.testing.assert_allclose(rows.loc["means"], means, rtol=0, atol=1e-4 + 1e-12)
    np.testing.assert_allclose(rows.loc["medians"], medians, rtol=0, atol=1e-4 + 1e-12)


def test_the_best_of_each_row_is_bold_as_printed():
    held = scores(seeds=(1,))
    held["f1"] = [0.80001, 0.1, 0.80004, 0.4]  # en ties when printed; yo, means 0.4500, 0.6000 and medians at 50 %
    text = table_of(held, 6, ["en", "yo"]).markdown()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert rows[2:] == [
        ["en", "**0.8000**", "**0.8000**"],
        ["yo", "0.1000", "**0.4000**"],
        ["means", "0.4500", "**0.6000**"],
        ["medians", "0.4500", "**0.6000**"],
    ]


def test_spread_stands_beside_its_score():
    held = scores()
    held = held[~((held["language"] == "yo") & (held["seed"] == 2))]
    table = table_of(held, 6, ["en", "yo"])
    assert "**0.8000** ±.014" in table.markdown() and "0.6000 ±.014" in table.markdown()
    assert r"en & \textbf{0.8000} {\scriptsize $\pm$.014} & 0.6000 {\scriptsize $\pm$.014} \\" in table.latex()
    assert r"yo & \textbf{0.3900} & 0.0900 \\" in table.latex()
    assert "none where there is one seed" in table.notes[2]


def test_perturbed_table_has_both_floors_and_shares():
    table = table_of(scores(test_set="in-language"), 8, ["en", "yo"], Provenance("small", True, "x"))
    frame = pd.read_csv(io.StringIO(table.csv()), index_col=0)
    floors = [f"{floor}{end}" for floor in ("chance floor", "shuffle floor") for end in ("", " low", " high")]
    assert list(frame.columns) == ["0", "50", "0 sd", "50 sd", *floors, "changed", "unseen"]
    assert frame["chance floor low"].tolist() == pytest.approx([0.02, 0.07, np.nan, np.nan], nan_ok=True)
    assert "0.1400 [.070, .280]" in table.markdown() and " 0.0900 |" in table.markdown()
    assert frame["chance floor"].tolist() == [0.04, 0.14, 0.09, 0.09]
    assert frame["shuffle floor"].tolist() == pytest.approx([0.01, 0.035, 0.0225, 0.0225])
    assert "| 0.1400 [.070, .280] | 0.0350 [.000, .140] | 0.9500 |" in " ".join(table.markdown().split())
    assert frame.loc["means", ["changed", "unseen"]].tolist() == [0.95, 0.25]
    assert "perturbed data (in-language)" in table.title and table.title.endswith("(demo on synthetic text)")


def test_what_is_missing_is_empty_and_named():
    held = scores()
    held = held[~((held["language"] == "yo") & (held["sparsity"] == 50))]
    held = held[~((held["language"] == "en") & (held["sparsity"] == 0) & (held["seed"] == 2))]
    table = table_of(held, 6, ["en", "yo", "sw"])
    assert table.csv().splitlines()[2:4] == ["yo,0.4000,,0.0141,", "sw,,,,"]
    assert "2 languages" in table.notes[0]
    assert "seeds, or fewer: en at 0 % (1)." in table.notes[0]
    assert (
        "No score: sw, yo at 50 %; means and medians are over the languages with a score in every column (1)."
        in table.notes[0]
    )
    assert table.csv().splitlines()[4].startswith("means,0.7900,0.6000,")  # of en alone
    assert "–" in table.markdown() and "nan" not in table.markdown()


def test_means_over_other_languages_in_each_column_are_not_compared():
    held = scores(seeds=(1,))
    dense, sparse = held["sparsity"] == 0, held["sparsity"] == 50
    held = held[(dense & (held["language"] == "en")) | (sparse & (held["language"] == "yo"))]
    table = table_of(held, 6, ["en", "yo"])
    assert table.csv().splitlines()[3] == "means,0.8000,0.1000,,"
    assert "means and medians are over those of each column, and not to be compared." in table.notes[0]
    assert "**" not in table.markdown().split("\n", 1)[1]  # the title has them too


def test_a_language_without_any_score_changes_no_mean():
    table = table_of(scores(), 6, ["en", "yo", "sw"])
    assert table.csv().splitlines()[4] == "means,0.6000,0.3500,0.0141,0.0141"
    assert "No score: sw; means and medians are over the other languages." in table.notes[0]


@pytest.mark.parametrize("empty, means", [(["yo"], "0.8000,0.6000"), (["en", "yo"], ",")])
def test_a_test_set_without_a_mention_has_no_f1(tmp_path, empty, means):
    """seqeval's 0.0 is in the file, and neither in the table nor in its means."""
    out = [tmp_path / f"t.{suffix}" for suffix in ("csv", "md", "tex", "html")]
    held = scores(seeds=(1,))
    held = held.assign(
        mentions=held["mentions"].where(~held["language"].isin(empty), 0),
        f1=held["f1"].where(~held["language"].isin(empty), 0.0),
    )
    f1_table.main(*written(tmp_path, held), 6, ["en", "yo"], SMALL, out)
    lines = out[0].read_text().splitlines()
    assert lines[0] == "languages,0,50,0 sd,50 sd"
    assert lines[2] == "yo,,,,"
    assert lines[3] == f"means,{means},,"
    text = out[1].read_text()
    assert "nan" not in text and "0.0000" not in text
    note = ", ".join(f"{language} (its test set has no mention)" for language in empty)
    assert f"No score: {note}; means and medians are over " in text


def test_one_seed_one_language_dense_only():
    held = scores(seeds=(1,))
    held = held[(held["language"] == "yo") & (held["sparsity"] == 0)]
    table = table_of(held, 7, ["yo"])
    assert table.csv() == "languages,0,0 sd\nyo,0.4000,\nmeans,0.4000,\nmedians,0.4000,\n"
    assert "1 language; every F1 is of 1 seed." in table.notes[0]
    assert "no score has more than one seed" in table.notes[2]
    assert "**0.4000**" not in table.markdown()  # the only value of a row is not its best


def test_a_table_the_study_has_no_scores_for_is_refused():
    with pytest.raises(InputError, match="no row of a multilingual model on the test set regular"):
        table_of(scores(), 2, ["en"])


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([1, 2, 0, 0, 5], "[PER John Smith] lives in [LOC Rome]"),
        ([1, 1, 0, 0, 6], "[PER John] [PER Smith] lives in [LOC Rome]"),  # adjacent; I- without B-
        ([3, 4, 4, 4, 4], "[ORG John Smith lives in Rome]"),
        ([0] * 5, "John Smith lives in Rome"),
    ],
)
def test_mentions_are_marked(tags, expected):
    assert data_tables.mark_mentions(["John", "Smith", "lives", "in", "Rome"], tags) == expected


def test_examples_are_the_first_long_sentences_that_changed(tmp_path):
    unchanged, none = ["b", "c", "in", "Oslo"], ["no", "mention", "at", "all"]
    last, empty = [0, 0, 0, 5], [0, 0, 0, 0]
    before = Corpus(
        [["Rome"], ["a", "|", "in", "Rome"], unchanged, none, ["*", "of", "x", "Èkó"]],
        [[5], last, last, empty, last],
    )
    after = Corpus(
        [["Paris"], ["a", "|", "in", "New", "York"], unchanged, none, ["*", "of", "x", "Ìbàdàn"]],
        [[5], [*last, 6], last, empty, last],
        original=[0, 1, 2, 3, 4],
    )
    paths = tmp_path / "test.parquet", tmp_path / "perturbed.parquet"
    write_corpus(paths[0], before)
    write_corpus(paths[1], after)
    out = tmp_path / "t.csv", tmp_path / "t.md", tmp_path / "t.tex"
    examples_table.main(*paths, [LANGUAGES], "yo", 11, 5, Provenance("small", False), *out)
    assert pd.read_csv(out[0]).to_numpy().tolist() == [
        [1, "a | in [LOC Rome]", "a | in [LOC New York]"],
        [4, "* of x [LOC Èkó]", "* of x [LOC Ìbàdàn]"],
    ]
    text = out[1].read_text()
    assert "Table 11: Example of test sentences for Yoruba (yo)" in text and "the first 2 sentences" in text
    assert "a \\| in [LOC Rome]" in text and "\\* of x" in text
    examples_table.main(*paths, [LANGUAGES], "yo", 11, 1, Provenance("small", False), *out)
    assert len(pd.read_csv(out[0])) == 1


def test_no_example_is_said(resource):
    table = data_tables.examples_table([], 10, resource["en"], 5, Provenance("small", False))
    assert table.csv() == "sentence,original,perturbed\n"
    assert "no sentence of the test set" in table.markdown()


def test_nan_cells_do_not_hide_a_score_of_zero():
    held = scores(seeds=(1,))
    held.loc[0, "f1"] = 0.0
    held.loc[2, "f1"] = np.nan
    assert table_of(held, 6, ["en"]).csv().splitlines()[1] == "en,0.0000,,,"
