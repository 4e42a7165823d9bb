"""An exported run, as a user of transformers sees it."""

import numpy as np
import pandas as pd
import pytest
from exported_runs import assert_export_predicts
from huggingface_hub import ModelCard
from transformers import AutoModelForTokenClassification, AutoTokenizer

RUN = "hi/full-50/seed-1"


@pytest.fixture(scope="module")
def results(finished):
    """The results of a study one of whose runs was exported."""
    output = finished.run("studies/tiny.yaml", "export", "--config", f"export=[{RUN}]")
    assert "2 of 2 steps (100%) done" in output  # the export and its target
    return finished.folder / "results/tiny"


def test_the_exported_model_predicts_as_the_study_did(results):
    assert_export_predicts(results, RUN, "hi")


def test_the_exported_model_has_the_sparsity_of_the_run(results):
    model = AutoModelForTokenClassification.from_pretrained(results / "export" / RUN)
    table = pd.read_csv(results / "runs" / RUN / "sparsity.csv").set_index("matrix")
    matrices = {name: weight.detach().numpy() for name, weight in model.named_parameters() if weight.ndim == 2}
    assert sorted(matrices) == sorted(table.index)
    for name, weight in matrices.items():
        assert np.count_nonzero(weight == 0) == table.loc[name, "zeros"], name
        assert not table.loc[name, "pruned"] or table.loc[name, "zeros"] == round(0.5 * weight.size)


def test_the_card_has_the_scores_of_the_run(results):
    card = ModelCard.load(results / "export" / RUN / "README.md")
    scores = pd.read_csv(results / "runs" / RUN / "scores.csv")
    assert {result.metric_name: result.metric_value for result in card.data.eval_results} == {
        f"F1, {row.test_set}": row.f1 for row in scores.itertuples()
    }
    assert card.data.language == ["hi"]
    assert "synthetic text: 24 sentences of hi" in card.text


def test_a_run_is_exported_once(finished, results):
    assert results.joinpath("export", RUN).is_dir()
    assert not finished.planned("studies/tiny.yaml", f"results/tiny/export/{RUN}")
    assert finished.planned("studies/tiny.yaml", "results/tiny/export/hi/dense/seed-1") == {"export_run hi dense 1": 1}


def test_a_compact_export_has_the_pieces_of_its_languages_and_predicts_alike(finished, results):
    finished.run("studies/tiny.yaml", f"results/tiny/compact/{RUN}")
    assert_export_predicts(results, RUN, "hi", exported="compact")
    whole, compact = (
        AutoModelForTokenClassification.from_pretrained(results / folder / RUN) for folder in ("export", "compact")
    )
    tokenizers = [AutoTokenizer.from_pretrained(results / folder / RUN) for folder in ("export", "compact")]
    assert compact.config.vocab_size == len(tokenizers[1]) < whole.config.vocab_size == len(tokenizers[0])
    rows = [model.get_input_embeddings().weight.detach().numpy() for model in (whole, compact)]
    for piece, number in tokenizers[1].get_vocab().items():
        np.testing.assert_array_equal(rows[0][tokenizers[0].get_vocab()[piece]], rows[1][number])
    card = ModelCard.load(results / "compact" / RUN / "README.md").text
    assert f"has {len(tokenizers[1])} of the encoder's {len(tokenizers[0])} word pieces" in card.replace("\n", " ")


@pytest.fixture
def measured(finished, results):
    """The call of a measurement that was made, whose files other tests of the study do not expect."""
    command = ("efficiency", "--cores", "1")
    done = finished.call(*command, "--configfile", "studies/tiny.yaml")
    assert done.returncode == 0, done.stdout
    yield command
    for path in [*results.glob("tables/efficiency.*"), *results.glob("figures/efficiency.*")]:
        path.unlink()


def test_size_and_speed_are_measured_by_one_command_and_again_on_another_machine(finished, results, measured):
    command = ("studies/tiny.yaml", *measured)
    table = pd.read_csv(results / "tables" / "efficiency.csv")
    models = [("dense", "whole", "dense"), ("dense", "compact", "dense"), ("full-50", "whole", "dense")]
    models += [("full-50", "whole", "CSR"), ("full-50", "compact", "dense")]
    rows = table[table["kernels"] != "int8 kernels"]
    found = rows[["variant", "vocabulary", "kernels", "threads", "batch"]].to_numpy().tolist()
    assert found == [[*model[:2], f"{model[2]} kernels", 1, batch] for model in models for batch in (1, 32)]
    assert (rows["same_tags"] == 1).all() and (rows["low"] > 0).all()
    for variant in ("dense", "full-50"):
        of_variant = table[(table["variant"] == variant) & (table["vocabulary"] == "whole")].iloc[0]
        run = f"hi/{variant}/seed-1"
        assert of_variant["stored_bytes"] == (results / "runs" / run / "weights.safetensors.zst").stat().st_size
        assert of_variant["bytes"] == (results / "export" / run / "model.safetensors").stat().st_size
    assert (results / "figures" / "efficiency.png").is_file()
    assert not finished.planned(*command)
    assert finished.planned(*command[:2], "--cores", "2")["measure_efficiency"] == 1
