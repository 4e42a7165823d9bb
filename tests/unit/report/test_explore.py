"""The page to explore results with: its numbers are those of the tables, and its texts cannot leave their place."""

import json
import re
import zlib
from base64 import b64decode, b64encode

import explore as script
import numpy as np
import pandas as pd
import pytest
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError, sentence_digest
from ner_pruning.report.explore_page import columns_of, explore_page, packed
from ner_pruning.report.explored_scores import first_lines, line_name, line_rows, seed_rows
from ner_pruning.report.explored_sentences import (
    chosen_rows,
    lowest_changes,
    replaced_words,
    shown_test_set,
    spans,
)
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_manifest, write_predictions
from ner_pruning.statistics.interval_table import select, write_intervals
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, Provenance, Run
from small_scores import frame, groups_of, intervals_of, score, study
from snakemake.assets import Assets
from study_configs import ROOT

NAMES = {"yo": "Yoruba", "jv": "Javanese", "te": "Telugu"}
PARTS = {suffix: (ROOT / f"workflow/report/explore.{suffix}").read_text("utf-8") for suffix in ("html", "css", "js")}


def f1(cell, language, seed):
    """An F1 with more digits than the page shows, that no two models share."""
    place = [MONOLINGUAL, MULTILINGUAL].index(cell.setting) + 2 * ["", "full", "partial-random"].index(cell.scope)
    return 0.9 - cell.sparsity / 200 - place / 30 - list(NAMES).index(language) / 70 - seed / 900


@pytest.fixture(scope="module")
def scores():
    settings = {MONOLINGUAL: ["yo", "jv"], MULTILINGUAL: ["yo", "jv", "te"]}
    # a scope that has a name of its own, as that of another method may
    rows = study(f1, NAMES, settings, [("full", 50), ("partial-random", 50)], ["regular", "in-language"], seeds=(1, 2))
    of_scope = (rows["setting"] == MULTILINGUAL) & (rows["scope"] == "partial-random")
    return rows[~(of_scope & (rows["language"] == "te"))]


@pytest.fixture(scope="module")
def intervals(scores):
    return intervals_of(scores, groups_of({"yo": 100, "jv": 100, "te": 1000}), noise=0.01)


@pytest.fixture(scope="module")
def lines(intervals):
    return line_rows(intervals, NAMES)


def test_each_number_of_a_line_is_one_of_the_table_of_intervals(intervals, lines):
    languages = {f"{name} ({code})": (code, "") for code, name in NAMES.items()}
    for row in lines.to_dict("records"):
        code, group = languages.get(row["of"]) or (row["of"].split()[0], row["of"].partition(" of ")[2])
        group = "" if group == "all languages" else group.removeprefix("languages with ")
        place = {key: row[key] for key in ("setting", "test_set", "sparsity")} | {"language": code, "group": group}
        found = select(intervals, scope=[row["scope"], ""], **place)
        of_f1 = found[found["statistic"] == "f1"].sort_values("scope").iloc[-1]  # its own scope, before ""
        floor = found[found["statistic"] == "chance_floor"].sort_values("scope").iloc[-1]
        shown = [row[key] for key in ("f1", "low", "high", "seed_sd", "floor", "languages", "seeds", "most_seeds")]
        expected = [of_f1[key] for key in ("estimate", "low", "high", "seed_sd")] + [floor["estimate"]]
        expected += [of_f1[key] for key in ("languages", "seeds", "most_seeds")]
        assert shown == pytest.approx([round(float(value), 4) for value in expected], abs=1e-12), row


def test_every_f1_of_the_table_is_on_a_line_in_whatever_scope(intervals, lines):
    sparse = intervals[(intervals["statistic"] == "f1") & (intervals["sparsity"] > 0)]
    assert set(sparse["scope"]) == {"full", "partial-random"}
    assert (lines["sparsity"] > 0).sum() == len(sparse)
    assert not lines.duplicated(["setting", "test_set", "of", "scope", "sparsity"]).any()
    dense = lines[(lines["sparsity"] == 0) & (lines["kind"] == "language")]
    scopes = dense.groupby(["setting", "of"])["scope"].unique().map(sorted).to_dict()
    both = ["full", "partial-random"]
    assert scopes == {
        ("monolingual", "Javanese (jv)"): both,
        ("monolingual", "Yoruba (yo)"): both,
        ("multilingual", "Javanese (jv)"): both,
        ("multilingual", "Telugu (te)"): ["full"],  # it has no other pruned model
        ("multilingual", "Yoruba (yo)"): both,
    }


def test_a_study_of_dense_models_has_points_without_a_scope():
    rows = line_rows(intervals_of(frame(score("yo", 0.5), score("jv", 0.25))), NAMES)
    assert set(rows["scope"]) == {""}
    shown = rows.set_index("of")["f1"].to_dict()
    assert shown["Yoruba (yo)"] == 0.5 and shown["mean of all languages"] == 0.375


def test_each_seed_stands_in_the_scopes_of_its_line(scores, lines):
    more = frame(score("yo", np.nan, seed=3), score("yo", 0.9, seed=4, test_set="validation"))
    rows = seed_rows(pd.concat([scores, more]), lines, NAMES)
    assert set(rows["seed"]) == {1, 2} and set(rows["test_set"]) == {"regular", "in-language"}
    assert (rows["sparsity"] > 0).sum() == (scores["sparsity"] > 0).sum()
    of_yoruba = select(rows, setting=MONOLINGUAL, test_set="regular", of="Yoruba (yo)", sparsity=0)
    assert sorted(zip(of_yoruba["scope"], of_yoruba["seed"], of_yoruba["f1"], strict=True)) == [
        ("full", 1, 0.8989),
        ("full", 2, 0.8978),
        ("partial-random", 1, 0.8989),
        ("partial-random", 2, 0.8978),
    ]
    assert set(select(rows, of="Telugu (te)")["scope"]) == {"full"}


def test_a_mean_over_the_languages_that_have_every_method_says_so():
    assert line_name("mean", "every method monolingual partial", NAMES) == (
        "mean of languages with every method monolingual partial"
    )
    assert line_name("mean", "every setting", NAMES) == "mean of languages with every setting"
    assert line_name("mean", "script Latin", NAMES) == "mean of script Latin"
    assert line_name("jv", "", NAMES) == "Javanese (jv)"


def test_the_lines_shown_first_are_a_mean_and_the_languages_that_there_are(lines):
    assert first_lines(lines, ["Telugu (te)", "Hindi (hi)"]) == ["mean of all languages", "Telugu (te)"]


# Sentences: O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC are 0 to 6.


def test_sentences_that_change_at_the_lowest_sparsity_come_first():
    dense = [[1, 2], [0, 5], [3, 0], [0, 0]]
    models = [
        (90, [[1, 2], [0, 0], [3, 0], [0, 0]]),
        (50, [[2, 2], [0, 5], [3, 4], [0, 0]]),  # I-PER I-PER is the same mention as B-PER I-PER
        (90, [[0, 0], [0, 5], [3, 4], [0, 0]]),
    ]
    lowest = lowest_changes(dense, models)
    assert lowest == [90, 90, 50, None]
    assert chosen_rows(lowest, 3) == [2, 0, 1]
    assert chosen_rows(lowest, 30) == [2, 0, 1, 3]
    assert lowest_changes(dense, []) == [None] * 4 and chosen_rows([None] * 4, 2) == [0, 1]


def test_replaced_words_are_those_of_mentions_that_have_others():
    regular = Corpus([["Juma", "lives", "in", "Dar", "es", "Salaam"]], [[1, 0, 0, 5, 6, 6]])
    perturbed = Corpus([["Ali", "Hassan", "lives", "in", "Dar", "es", "Salaam"]], [[1, 2, 0, 0, 5, 6, 6]])
    assert replaced_words(regular, perturbed, 0) == [[0, 2]]
    assert replaced_words(regular, regular, 0) == []
    with pytest.raises(ValueError):
        replaced_words(regular, Corpus([["Juma"]], [[1]]), 0)


def test_a_shown_test_set_has_words_gold_and_each_model_in_the_order_of_the_rows():
    types = ("A", "B", "C", "D")
    corpus = Corpus([["x"], ["y", "z"], ["w"]], [[7], [0, 1], [0]], types=types)
    predicted = {"dense": {0: [0], 1: [1, 2]}, "full-50": {0: [7], 1: [0, 0]}}
    assert shown_test_set([1, 0], corpus, corpus, predicted) == {
        "words": [["y", "z"], ["x"]],
        "gold": [[(0, 1, 2)], [(3, 0, 1)]],
        "replaced": [[], []],
        "predicted": {"dense": [[(0, 0, 2)], []], "full-50": [[], [(3, 0, 1)]]},
    }


def test_spans_are_type_first_word_and_the_word_after_the_last():
    tags = [LABELS.index(label) for label in ("B-LOC", "I-LOC", "O", "I-ORG", "B-ORG")]
    assert spans(tags) == [(2, 0, 2), (1, 3, 4), (1, 4, 5)]


# The whole page, of a study of two languages

YORUBA = Corpus([["Wole", "lo"], ["Eko"], ["ni", "Ibadan"]], [[1, 0], [5], [0, 5]])
PERTURBED = Corpus([["Ade", "Oni", "lo"], ["Eko"], ["ni", "Jos"]], [[1, 2, 0], [5], [0, 5]])
JAVANESE = Corpus([["Solo"]], [[5]])
RUNS = {
    Run("yo", "dense", 1): {"yo": [[[1, 0], [5], [0, 5]], [[1, 2, 0], [5], [0, 5]]]},
    Run("yo", "full-50", 1): {"yo": [[[1, 0], [0], [0, 5]], [[1, 2, 0], [0], [0, 5]]]},
    Run("multilingual", "dense", 1): {"yo": [[[0, 0], [5], [0, 5]], [[0, 0, 0], [5], [0, 5]]], "jv": [[[5]]]},
    Run("multilingual", "full-50", 1): {"yo": [[[0, 0], [5], [0, 3]], [[0, 5, 0], [5], [0, 3]]], "jv": [[[3]]]},
}
"""By run and language, the tags on the regular test set and, of Yoruba, on the perturbed one."""


@pytest.fixture
def results(tmp_path):
    """The files of the study that the script reads, and its arguments."""
    gold = {"yo": {"validation": YORUBA, "regular": YORUBA, "in-language": PERTURBED}, "jv": {"regular": JAVANESE}}
    for code, corpora in gold.items():
        write_evaluation(tmp_path / f"{code}.parquet", corpora)
    predictions = {}
    for run, by_language in RUNS.items():
        folder = tmp_path / str(run)
        for place, test_set in enumerate(["regular", "in-language"]):
            parts = [
                LanguagePredictions(
                    code,
                    [sentence_digest(words) for words in gold[code][test_set].tokens],
                    tags[place],
                    [0] * len(tags[place]),
                )
                for code, tags in by_language.items()
                if len(tags) > place
            ]
            write_predictions(folder / "predictions" / f"{test_set}.parquet", parts)
        files = {name: folder / "predictions" / f"{name}.parquet" for name in ("regular", "in-language")}
        write_manifest(folder / "predictions.json", files)
        predictions[run] = (folder / "predictions.json", folder / "predictions")
    scores = study(f1, ["yo", "jv"], {MONOLINGUAL: ["yo"], MULTILINGUAL: ["yo", "jv"]}, [("full", 50)], ["regular"])
    groups = groups_of({"yo": 100, "jv": 100}).assign(name=["Yoruba", "Javanese"])
    write_intervals(tmp_path / "intervals.parquet", intervals_of(scores, groups))
    scores.to_parquet(tmp_path / "scores.parquet")
    groups.to_csv(tmp_path / "groups.csv")
    return {
        **{name: tmp_path / f"{name}.parquet" for name in ("intervals", "scores")},
        "groups": tmp_path / "groups.csv",
        "predictions": predictions,
        "gold": {code: tmp_path / f"{code}.parquet" for code in gold},
        "page_parts": [ROOT / f"workflow/report/explore.{suffix}" for suffix in PARTS],
        "provenance": Provenance("s", False, "someone/bert"),
        "out": tmp_path / "explore.html",
    }


def test_each_language_has_the_sentences_of_the_models_that_tag_it(results):
    script.main(**results)
    data = unpacked(re.search('<script id="data" [^>]*>(.*)</script>', results["out"].read_text("utf-8"))[1])
    assert data["first_lines"] == ["mean of all languages", "Yoruba (yo)", "Javanese (jv)"]
    assert data["test_sets"] == ["regular"]
    monolingual, multilingual, javanese = data["sentences"]
    places = [(part["language"], part["setting"], part["sentences"]) for part in data["sentences"]]
    assert places == [("yo", "monolingual", 3), ("yo", "multilingual", 3), ("jv", "multilingual", 1)]
    assert (monolingual["rows"], monolingual["lowest"]) == ([1, 0, 2], [50, None, None])
    assert (multilingual["rows"], multilingual["lowest"]) == ([2, 0, 1], [50, None, None])
    assert multilingual["models"]["full-50"] == {"scope": "full", "sparsity": 50}
    assert [*multilingual["test_sets"]] == ["regular", "in-language"]
    # PER, ORG, LOC are 0, 1, 2
    assert multilingual["test_sets"]["in-language"] == {
        "words": [["ni", "Jos"], ["Ade", "Oni", "lo"], ["Eko"]],
        "gold": [[[2, 1, 2]], [[0, 0, 2]], [[2, 0, 1]]],
        "replaced": [[[1, 2]], [[0, 2]], []],
        "predicted": {
            "dense": [[[2, 1, 2]], [], [[2, 0, 1]]],
            "full-50": [[[1, 1, 2]], [[2, 1, 2]], [[2, 0, 1]]],
        },
    }
    assert javanese["test_sets"]["regular"]["predicted"] == {"dense": [[[2, 0, 1]]], "full-50": [[[1, 0, 1]]]}


def test_predictions_for_other_sentences_are_refused(results):
    write_evaluation(results["gold"]["jv"], {"regular": Corpus([["Sala"]], [[5]])})
    with pytest.raises(InputError, match="run multilingual/dense/seed-1, language jv, test set regular, sentence 0: "):
        script.main(**results)


# The page

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "a\u2028b\u2029c",
    'quote " and \\',
    "&lt;",
    "{{data}}",
]


def unpacked(text):
    return json.loads(zlib.decompress(b64decode(text)))


def test_no_text_ends_the_script_that_it_stands_in():
    text = packed({"words": HOSTILE})
    assert unpacked(text) == {"words": HOSTILE}
    assert re.fullmatch("[A-Za-z0-9+/=]+", text)
    with pytest.raises(ValueError):
        packed([float("nan")])


def test_columns_give_back_the_frame():
    rows = pd.DataFrame({"of": ["b", "a", "b"], "n": [1, 2, 3], "f1": [0.5, np.nan, 0.25]})
    columns = unpacked(packed(columns_of(rows)))
    assert columns == {
        "of": {"values": ["b", "a"], "places": [0, 1, 0]},
        "n": [1, 2, 3],
        "f1": [0.5, None, 0.25],
    }


def make(data, study_name="s", demo=True, markup=PARTS["html"], libraries=None, code=PARTS["js"]):
    libraries = {"lib.js": "var lib = 1;"} if libraries is None else libraries
    licences = {"lib/LICENSE": "Free <as> in air"}
    return explore_page(
        markup, PARTS["css"], code, libraries, licences, data, Provenance(study_name, demo, "someone/bert")
    )


def test_the_page_says_what_it_is_of_and_holds_its_data():
    page = make({"words": HOSTILE}, study_name="<b>mine</b>")
    assert "<title>Results to explore: study &lt;b&gt;mine&lt;/b&gt; (demo on synthetic text)</title>" in page
    assert "Study &lt;b&gt;mine&lt;/b&gt;, encoder someone/bert, demo on synthetic text." in page
    data, libraries = (re.search(f'<script id="{id}" [^>]*>(.*)</script>', page)[1] for id in ("data", "libraries"))
    assert unpacked(data)["words"] == HOSTILE
    assert unpacked(libraries) == {"code": ["var lib = 1;"], "licences": "lib/LICENSE\n\nFree <as> in air\n"}
    assert "demo" not in make({}, demo=False).split("<section")[0].split("<body>")[1]


def test_the_browser_is_told_to_refuse_every_request():
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy"\s+content="([^"]*)"', make({}))
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed.pop("default-src") == "'none'"
    assert set(" ".join(allowed.values()).split()) == {"'unsafe-inline'", "'unsafe-eval'", "data:"}


@pytest.mark.parametrize("code", ["x = '</script>'", "x = '</SCRIPT >'", "y = '<!--'"])
def test_a_script_that_would_end_its_element_is_refused(code):
    with pytest.raises(InputError, match="^script of the page: .*would end the script"):
        make({}, code=code)


def test_a_markup_without_a_place_for_a_part_is_refused():
    with pytest.raises(InputError, match="markup of the page: data, mine; expected the places title,"):
        make({}, markup=PARTS["html"].replace("{{data}}", "{{mine}}"))


def test_the_libraries_are_in_the_installed_snakemake():
    """Else Snakemake would look for them in the internet."""
    for path in script.LIBRARIES:
        assert (Assets.base_path() / path).is_file()


def test_the_page_of_the_papers_study_can_be_opened_in_the_report():
    """As an address of less than 2 MiB, with three quarters of it the page: 72 lines in 2 settings and scopes, on 4
    test sets, the 6,864 scores, and sentences in 2 languages and settings."""
    random = np.random.default_rng(0)

    def rows(number):
        names = [f"mean of family number {place % 72}" for place in range(number)]
        floats = {name: random.random(number).round(4) for name in ("f1", "low", "high", "seed_sd", "floor")}
        counts = {name: random.integers(1, 40, number) for name in ("languages", "seeds", "most_seeds", "sparsity")}
        return pd.DataFrame({"setting": "multilingual", "test_set": "in-language", "of": names, **floats, **counts})

    lines, seeds = rows(72 * 14 * 4 * 2), rows(6864)[["setting", "test_set", "of", "sparsity", "seeds", "f1"]]
    words = [[f"{word:x}" for word in random.integers(0, 10**9, 10)] for _ in range(2 * 2 * 4 * 30)]
    mentions = random.integers(0, 10, (2 * 2 * 4 * 30, 14, 2, 3)).tolist()
    data = {"lines": columns_of(lines), "seeds": columns_of(seeds), "sentences": [words, mentions]}
    page = make(data, libraries={path: Assets.get_content(path) for path in script.LIBRARIES})
    assert len(b64encode(page.encode())) < 2 * 2**20
