"""Likelihoods of published cells under mistakes whose predictions are known, and what tables and figure say of them."""

import forensics as script
import numpy as np
import pandas as pd
import pytest
from ner_pruning.claims.paper_scores import PublishedF1, read_published
from ner_pruning.data.synthetic import generate
from ner_pruning.data.test_sets import write_encoded_evaluation
from ner_pruning.data.tokenization import encode, load_tokenizer
from ner_pruning.data.wikiann import Corpus, write_corpus
from ner_pruning.figures.forensics import published_and_predicted
from ner_pruning.files import file_digest, sentence_digest
from ner_pruning.report import forensics
from ner_pruning.report.forensics import FORENSIC_COLUMNS, HYPOTHESES, PerturbedCell, forensic_frame, log_likelihood
from ner_pruning.scoring.f1 import SCORE_COLUMNS, write_scores
from ner_pruning.scoring.mistakes import MISTAKES, TestSet
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_predictions
from ner_pruning.terms import Provenance, Run
from ner_pruning.training.checkpoint import save_run
from ner_pruning.training.encoder import random_encoder
from ner_pruning.training.model import load_encoder
from paper_tables import PAPER
from scipy import stats

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)
SMALL = Provenance("small", False)


def made_up(seed, sentences=60):
    """Return tags of sentences of six words with two mentions each, of one or two words."""
    random, gold = np.random.default_rng(seed), []
    for _ in range(sentences):
        first, second = 2 * random.integers(0, 3, 2) + 1
        gold.append(
            [[first, first + 1, OUT, OUT, second, OUT], [OUT, first, OUT, second, second + 1, OUT]][
                int(random.integers(2))
            ]
        )
    return [list(map(int, tags)) for tags in gold]


@pytest.fixture(scope="module")
def test_sets():
    return {language: TestSet(made_up(seed), made_up(seed)) for seed, language in enumerate(["en", "yo", "sw"])}


def test_the_cells_of_the_paper():
    cells = forensics.perturbed_cells(read_published(PAPER), ["yo", "jv"])
    assert len(cells) == 2 * 13  # dense once, six sparsities of two scopes
    (dense,) = [cell for cell in cells if cell.variant == "dense" and cell.language == "yo"]
    published = pd.read_csv(PAPER).query("language == 'yo' and sparsity == 0 and scope == 'partial'")
    assert (dense.scope, dense.sparsity, dense.published) == ("", 0, 0.0187)
    assert dense.published_regular == published.set_index("table").loc[6, "f1"]
    published = [
        PublishedF1("monolingual", "in-language", "", "en", 0, 0.02),
        PublishedF1("monolingual", "regular", "", "en", 0, 0.9),
        PublishedF1("monolingual", "in-language", "partial", "en", 50, 0.7),  # no regular F1
        PublishedF1("multilingual", "in-language", "full", "en", 50, 0.7),
        PublishedF1("multilingual", "regular", "full", "en", 50, 0.7),
    ]
    assert forensics.perturbed_cells(published, ["en"]) == [PerturbedCell("", 0, "en", 0.02, 0.9)]


def test_the_likelihood_is_a_mean_of_normal_densities():
    means = np.array([0.1, 0.12, 0.5])
    expected = np.log(stats.norm.pdf(0.11, means, 0.01).mean())
    assert log_likelihood(0.11, means, 0.01) == pytest.approx(expected)
    # far from all of them it is that of the nearest, and not minus infinity
    far = stats.norm.logpdf(0.9, 0.5, 0.003) - np.log(3)
    assert log_likelihood(0.9, means, 0.003) == pytest.approx(far)


@pytest.mark.parametrize("truth", ["sound evaluation", "shuffled tags", "one word late", "nothing predicted"])
def test_cells_made_by_a_mistake_are_most_likely_under_it(test_sets, truth):
    """Published cells that are means of three runs with a known mistake; also hypotheses that always give the same."""
    random, cells = np.random.default_rng(7), []
    for language, test_set in test_sets.items():
        runs = [test_set.gold.f1(MISTAKES[truth](test_set, 0.85 * 0.9, random)) for _ in range(3)]
        cells.append(PerturbedCell("", 0, language, float(np.mean(runs)), 0.9))
    frame = forensic_frame(cells, test_sets, {}, {})
    assert list(frame.columns) == FORENSIC_COLUMNS
    best = forensics.ranked(frame)[0]
    fits = frame.groupby("hypothesis")["log_likelihood_0.003"].mean()
    assert best == truth or fits[truth] == pytest.approx(fits[best], abs=0.5)
    assert set(frame["hypothesis"]) == set(MISTAKES)


def frame_of(test_sets, of_models=None, kept=None):
    cells = [
        PerturbedCell(scope, sparsity, language, f1, 0.9)
        for scope, sparsity, f1 in (("", 0, 0.02), ("partial", 50, 0.75), ("full", 50, 0.0))
        for language in test_sets
    ]
    return forensic_frame(cells, test_sets, of_models or {}, kept or {})


def test_what_this_study_has_of_models_is_used_for_its_cells_only(test_sets):
    heads = {"untrained head, pretrained encoder": {"yo": np.array([0.02, 0.02])}}
    frame = frame_of(test_sets, heads, {("partial", 50, "en"): 0.8})
    head = frame[frame["hypothesis"] == "untrained head, pretrained encoder"]
    assert head[["scope", "language", "predicted"]].to_numpy().tolist() == [["", "yo", pytest.approx(0.02)]]
    own = frame[frame["hypothesis"] == "sound evaluation, kept as in this study"]
    assert own[["scope", "sparsity", "language"]].to_numpy().tolist() == [["partial", 50, "en"]]
    assert own["predicted"].iloc[0] == pytest.approx(0.72, abs=0.01)


def test_the_tables_say_what_is_likely_and_what_is_not_in_the_study(test_sets):
    heads = {"untrained head, pretrained encoder": {language: np.array([0.5]) for language in test_sets}}
    frame = frame_of(test_sets, heads)
    dense, variants, cells = forensics.forensic_tables(frame, SMALL)
    rows = dense.rows.set_index("hypothesis")
    assert rows.loc["the paper", ["en", "yo", "sw", "mean"]].tolist() == [".020", ".020", ".020", "0.0200"]
    assert rows.loc["untrained head, pretrained encoder", "mean"] == "0.5000"
    assert rows.loc["untrained head, pretrained encoder", "within"] == "0 of 3"
    assert rows.loc["untrained head, pretrained encoder", "RMSE"] == "0.4800"
    expected = 3 * stats.norm.logpdf(0.02, 0.5, 0.003)
    assert rows.loc["untrained head, pretrained encoder", "log-l. 0.003"] == f"−{-expected:.0f}"
    assert "wrong vocabulary: rows shifted: not in this study" in rows.index
    assert "thought of after" in dense.notes[0]
    best = {name: variants.shown[name].map(lambda cell: cell.bold) for name in variants.shown if name != "hypothesis"}
    assert list(best) == ["dense", "partial-50", "full-50"]
    names = variants.rows["hypothesis"]
    assert names[best["partial-50"]].tolist() == ["sound evaluation"]
    assert "nothing predicted" in names[best["full-50"]].tolist()
    assert cells.rows["partial-50"].tolist() == ["0.83"] * 3
    assert cells.rows["dense"].tolist() == ["(0.02)"] * 3
    assert "Without brackets: 3 of 9 cells." in cells.notes[0]


def test_the_figure_has_a_panel_a_hypothesis_and_a_point_a_cell(test_sets):
    frame = frame_of(test_sets)
    figure = published_and_predicted(frame, SMALL)
    assert len(figure.axes) == len(MISTAKES)
    titles = [" ".join(axes.get_title().split("\n")[:-1]) for axes in figure.axes]
    assert titles == forensics.ranked(frame[frame["sparsity"] == 0])
    sound = figure.axes[titles.index("sound evaluation")]
    points = [line for line in sound.lines if line.get_marker() in "oD" and len(line.get_xdata())]
    assert sorted(x for line in points for x in line.get_xdata()) == pytest.approx(
        [0.0005] * 3 + [0.02] * 3 + [0.75] * 3
    )
    assert "what each hypothesis predicts" in figure.get_suptitle().replace("\n", " ")


def test_the_script_writes_frame_tables_and_figure(tmp_path):
    """Without models; the same input gives the same bytes."""
    paths = []
    for name in ("regular", "perturbed"):
        tags = made_up(1, 30)
        write_corpus(tmp_path / f"{name}.parquet", Corpus([[name] * len(row) for row in tags], tags))
        paths.append(str(tmp_path / f"{name}.parquet"))
    written = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        out = {suffix: str(tmp_path / folder / f"f.{suffix}") for suffix in ("csv", "md", "html", "pdf", "png", "svg")}
        script.main(str(PAPER), {"yo": tuple(paths)}, None, {}, [], SMALL, out)
        written.append([(tmp_path / folder / f"f.{suffix}").read_bytes() for suffix in ("csv", "md", "png", "svg")])
    assert written[0] == written[1]
    frame = pd.read_csv(tmp_path / "a" / "f.csv", keep_default_na=False)
    assert len(frame) == 13 * len(MISTAKES) and set(frame["language"]) == {"yo"}
    assert "untrained head, fine-tuned encoder: not in this study" in (tmp_path / "a" / "f.md").read_text()


def test_what_models_keep_is_read_from_their_scores(tmp_path, capsys):
    rows = ["in-language,0.4", "regular,0.8", "in-script,0.1"]
    runs = []
    for seed, gain in ((1, 0.0), (2, 0.2)):
        folder = tmp_path / f"seed-{seed}"
        folder.mkdir()
        scores = [
            dict.fromkeys(SCORE_COLUMNS, 0)
            | {"language": "yo", "test_set": row.split(",")[0], "f1": float(row.split(",")[1]) + gain}
            for row in rows
        ]
        write_scores(folder / "scores.csv", scores)
        predicted = LanguagePredictions("yo", ["a", "b"], [[0], [0]], [0, 0])
        (folder / "predictions").mkdir()
        write_predictions(folder / "predictions/in-language.parquet", [predicted])
        runs.append((Run("yo", "partial-50", seed), str(folder)))
    digests = {"yo": ["a", "b"]}
    assert script._kept(runs, digests) == {("partial", 50, "yo"): pytest.approx(0.5 / 0.9)}
    assert script._kept([], digests) == {}
    # of another test set, or of none
    (tmp_path / "seed-1/predictions/in-language.parquet").unlink()
    assert script._kept(runs, digests) == {("partial", 50, "yo"): pytest.approx(0.6 / 1.0)}
    assert script._kept(runs, {"yo": ["a", "c"]}) == {}
    assert "yo: " in capsys.readouterr().out
    assert len(HYPOTHESES) == len(MISTAKES) + 5


def test_models_of_the_study_are_broken_in_each_way(tmp_path):
    """The encoder, a stored dense run and a run without weights; hidden states are of the in-language sentences."""
    corpora = generate("yo", {"train": 30, "validation": 5, "test": 20}, seed=0)
    sizes = {"vocabulary": 300, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 24, "positions": 64}
    random_encoder(corpora["train"].tokens, sizes, 0, tmp_path / "encoder")
    tokenizer = load_tokenizer(str(tmp_path / "encoder" / "tokenizer.json"), 64)
    test, other = corpora["test"], corpora["validation"]
    parts = {"validation": other, "regular": test, "in-language": test}
    encoded = tmp_path / "yo.parquet"
    write_encoded_evaluation(encoded, {name: encode(part.tokens, part.tags, tokenizer) for name, part in parts.items()})
    (tmp_path / "run").mkdir()
    model = load_encoder(tmp_path / "encoder", dropout=0.0, seed=2)
    digest = file_digest(tmp_path / "encoder" / "model.safetensors")
    save_run(model, None, digest, tmp_path / "run" / "weights.safetensors.zst", tmp_path / "run" / "config.json")
    runs = [(Run("yo", "partial-50", 1), str(tmp_path / "none")), (Run("yo", "dense", 1), str(tmp_path / "run"))]
    sets = {"yo": TestSet(test.tags, test.tags)}
    digests = {"yo": [sentence_digest(tokens) for tokens in test.tokens]}
    f1 = script._of_models(sets, digests, str(tmp_path / "encoder"), {"yo": str(encoded)}, runs)
    assert {name: {code: len(values) for code, values in part.items()} for name, part in f1.items()} == {
        "untrained head, pretrained encoder": {"yo": 60},
        "untrained head, fine-tuned encoder": {"yo": 60},
        "wrong checkpoint: pretrained encoder": {"yo": 1},
        "wrong vocabulary: rows shifted": {"yo": 3},
    }
    # this run's encoder is still the pretrained one, so that the wrong checkpoint is the right one
    states = script.word_states(model, script.read_encoded_evaluation(encoded)[0], np.arange(25, 45))
    assert f1["wrong checkpoint: pretrained encoder"]["yo"][0] == script.wrong_encoder_f1(
        model, states, sets["yo"].gold
    )
    without = script._of_models(sets, digests, str(tmp_path / "encoder"), {"yo": str(encoded)}, runs[:1])
    assert without["wrong checkpoint: pretrained encoder"] == {}
    # encoded before the test set was made anew, or before there was one
    others = {"yo": digests["yo"][::-1]}
    assert not any(script._of_models(sets, others, str(tmp_path / "encoder"), {"yo": str(encoded)}, runs).values())
    del parts["in-language"]
    write_encoded_evaluation(encoded, {name: encode(part.tokens, part.tags, tokenizer) for name, part in parts.items()})
    assert not any(script._of_models(sets, digests, str(tmp_path / "encoder"), {"yo": str(encoded)}, runs).values())
