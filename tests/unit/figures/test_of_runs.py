"""Figures of what runs record: running means, pruning updates, and what each matrix of a model is called."""

import numpy as np
import pandas as pd
import pytest
import sparsity_map as sparsity_script
import training_curves as curves_script
from matplotlib.backends.backend_agg import FigureCanvasAgg
from ner_pruning.figures import of_runs
from ner_pruning.figures.of_runs import NO_LAYER, kind_and_layer, loss_curves, matrix_sparsity
from ner_pruning.figures.style import SCOPE_STYLES
from ner_pruning.files import InputError
from ner_pruning.terms import Provenance

STEPS = 12


def curve(updates=(), start=0.0):
    """A training curve whose loss is the step; sparsity grows by 0.2 at each update."""
    steps = np.arange(1, STEPS + 1)
    sparsity = start + 0.2 * sum((steps >= step).astype(float) for step in updates)
    return pd.DataFrame({"step": steps, "epoch": 1, "loss": steps.astype(float), "sparsity": sparsity + 0 * steps})


def on_page(figure):
    FigureCanvasAgg(figure).draw()
    boxes = [figure._suptitle.get_window_extent(), *(axes.get_tightbbox() for axes in figure.axes)]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    return all(
        box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1 for box in boxes
    )


def test_a_running_mean_holds_at_most_one_update():
    curves = loss_curves({"dense": curve(), "partial-50": curve([4, 7, 9])})
    assert curves.updates == [4, 7, 9] and curves.window == 2
    # Each mean is of this step and the one before; the first has none before.
    assert curves.losses["dense"].to_dict() == {1: 1.0} | {step: step - 0.5 for step in range(2, STEPS + 1)}


def test_a_row_stands_for_all_steps_since_the_row_before():
    """Rows at 4, 8, 10, 14, 18, of loss 1, 2, 3, 4, 5; a window of 6 steps, the least between the updates 4, 10, 18."""
    rows = pd.DataFrame({"step": [4, 8, 10, 14, 18], "loss": [1.0, 2, 3, 4, 5], "sparsity": [0.2, 0.2, 0.4, 0.4, 0.6]})
    curves = loss_curves({"partial-50": rows})
    assert curves.window == 6
    losses = curves.losses["partial-50"]
    expected = {4: 1, 8: (2 * 1 + 4 * 2) / 6, 9: (1 + 4 * 2 + 3) / 6, 10: (4 * 2 + 2 * 3) / 6, 18: (2 * 4 + 4 * 5) / 6}
    assert losses[list(expected)].to_dict() == pytest.approx(expected)
    assert losses[[1, 3]].isna().all()  # nothing is known of single steps before the first row


def test_updates_are_where_sparsity_changes():
    assert of_runs.pruning_updates(curve([4, 7])) == [4, 7]
    assert of_runs.pruning_updates(curve()) == []
    assert of_runs.pruning_updates(curve(start=0.5)) == [1]


def test_one_update_or_none_leaves_a_hundredth_of_the_steps():
    assert loss_curves({"dense": curve()}).window == 1
    long = pd.DataFrame({"step": np.arange(1, 1001), "loss": 1.0, "sparsity": 0.0})
    assert loss_curves({"dense": long}).window == 10


def test_long_curves_are_thinned_around_their_updates():
    steps = np.arange(1, 100_001)
    long = pd.DataFrame({"step": steps, "loss": 1.0, "sparsity": 0.5 * (steps >= 77_777)})
    losses = loss_curves({"full-50": long}).losses
    assert len(losses) <= of_runs.POINTS + 2
    assert {1, 77_776, 77_777, 100_000} <= set(losses.index)


def test_runs_of_other_lengths_are_drawn_as_far_as_they_go():
    losses = loss_curves({"dense": curve(), "partial-50": curve([2, 4]).head(6)}).losses
    assert losses["partial-50"].notna().sum() == 6 and losses["dense"].notna().sum() == STEPS


def test_a_curve_without_steps_or_losses_is_refused():
    with pytest.raises(InputError, match="training curve of partial-50: no step"):
        loss_curves({"dense": curve(), "partial-50": curve().head(0)})
    with pytest.raises(InputError, match="training curve of dense: no column sparsity"):
        loss_curves({"dense": curve().drop(columns="sparsity")})


@pytest.mark.parametrize("sets", [1, 2, 11])
def test_training_curves_have_a_panel_a_training_set(sets):
    variants = ["dense", "partial-50", "partial-80", "partial-98", "full-50", "full-80", "full-98"]
    runs = {variant: curve([4, 7, 9] if "-" in variant else []) for variant in variants}
    names = ["en", "zh", "bn", "eu", "af", "hi", "sw", "te", "jv", "yo", "multilingual"][-sets:]
    figure = of_runs.training_curves({name: loss_curves(runs) for name in names}, Provenance("small", True))
    assert [axes.get_title() for axes in figure.axes] == [f"{name} (mean of 2 steps)" for name in names]
    assert on_page(figure)
    for axes in figure.axes:
        grey = [line for line in axes.lines if line.get_color() == "0.8"]
        assert [line.get_xdata()[0] for line in grey] == [4, 7, 9]
        assert len(axes.lines) - len(grey) == 7
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [*variants, "pruning update"]
    styles = {
        text: (line.get_color(), line.get_linestyle())
        for text, line in zip(labels, figure.legends[0].get_lines(), strict=True)
    }
    assert styles["partial-98"] == (SCOPE_STYLES["partial"][0], "-") and styles["full-50"] == (
        SCOPE_STYLES["full"][0],
        ":",
    )
    assert len({styles[variant] for variant in variants}) == 7
    title = figure.get_suptitle().replace("\n", " ")
    assert (
        "demo on synthetic text" in title
        and "the first seed of each, dense and at its lowest, middle and highest sparsity" in title.replace("\xa0", " ")
        and f"{sets} training" in title.replace("\xa0", " ")
    )


def test_dense_models_alone_have_no_updates():
    figure = of_runs.training_curves({"yo": loss_curves({"dense": curve()})}, Provenance("small", False))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["dense"] and len(figure.axes[0].lines) == 1
    assert on_page(figure)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bert.embeddings.word_embeddings.weight", ("word embeddings", NO_LAYER)),
        ("bert.embeddings.token_type_embeddings.weight", ("type embeddings", NO_LAYER)),
        ("bert.encoder.layer.11.attention.self.query.weight", ("query", 11)),
        ("roberta.encoder.layer.0.attention.output.dense.weight", ("attention output", 0)),
        ("bert.encoder.layer.2.output.dense.weight", ("output", 2)),
        ("bert.pooler.dense.weight", ("pooler", NO_LAYER)),
        ("classifier.weight", ("classifier", NO_LAYER)),
        ("distilbert.transformer.layer.5.attention.q_lin.weight", ("attention.q_lin", 5)),
        ("electra.embeddings_project.weight", ("embeddings_project", NO_LAYER)),
        (
            "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight",
            ("albert_layers.0.attention.query", 0),
        ),
    ],
)
def test_matrices_are_named_in_the_fields_terms(name, expected):
    assert kind_and_layer(name) == expected


COUNTS = pd.DataFrame(
    [
        ("classifier.weight", 10, 0),
        ("bert.encoder.layer.10.output.dense.weight", 200, 100),
        ("bert.encoder.layer.2.output.dense.weight", 200, 50),
        ("bert.encoder.layer.2.attention.self.query.weight", 8, 8),
        ("bert.encoder.layer.2.own.weight", 4, 1),
        ("bert.embeddings.word_embeddings.weight", 1000, 1),
    ],
    columns=["matrix", "weights", "zeros"],
)


def test_sparsity_stands_by_kind_and_layer():
    table = matrix_sparsity(COUNTS)
    assert list(table.index) == ["word embeddings", "query", "output", "classifier", "own"]
    assert list(table.columns) == [NO_LAYER, 2, 10]  # by number, not by letter
    expected = [
        [0.1, np.nan, np.nan],
        [np.nan, 100, np.nan],
        [np.nan, 25, 50],
        [0, np.nan, np.nan],
        [np.nan, 25, np.nan],
    ]
    np.testing.assert_allclose(table.to_numpy(), expected)
    with pytest.raises(InputError, match="no column zeros"):
        matrix_sparsity(COUNTS.drop(columns="zeros"))


def counts_of(rows):
    """Return a run's sparsity.csv; rows: (matrix, whether it is pruned, weights, zeros)."""
    return pd.DataFrame(rows, columns=["matrix", "pruned", "weights", "zeros"])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("bert.embeddings.word_embeddings.weight", "word embeddings"),
        ("model.embeddings.tok_embeddings.weight", "word embeddings"),
        ("bert.embeddings.position_embeddings.weight", "other embeddings"),
        ("electra.embeddings_project.weight", "other embeddings"),
        ("bert.encoder.layer.3.attention.output.dense.weight", "attention"),
        ("model.layers.0.attn.Wqkv.weight", "attention"),
        ("bert.encoder.layer.3.output.dense.weight", "feed-forward"),
        ("model.layers.0.mlp.Wi.weight", "feed-forward"),
        ("bert.pooler.dense.weight", "head"),
        ("classifier.weight", "head"),
    ],
)
def test_each_matrix_is_of_a_part_of_the_model(name, part):
    assert of_runs.part_of(name) == part


EVEN = [
    ("bert.embeddings.word_embeddings.weight", False, 6_000_000, 600_000),
    ("bert.encoder.layer.0.attention.self.query.weight", True, 1_000_000, 500_000),
    ("bert.encoder.layer.0.output.dense.weight", True, 3_000_001, 1_500_001),
    ("classifier.weight", False, 7000, 0),
]
"""A half of each matrix; the encoder came with a tenth of zeros in its word embeddings."""


def bars(axes):
    """Return the lengths of the parts of the bars of a panel, a row a bar."""
    places = sorted({round(bar.get_y(), 6) for bar in axes.patches})
    return [[bar.get_width() for bar in axes.patches if round(bar.get_y(), 6) == place] for place in places]


def test_bars_show_the_weights_that_are_left_by_part_of_the_model():
    """5.4 of 6 million word embeddings, 0.5 of 1, 1.5 of 3, and the head; 2.6 of 10 million weights are 0."""
    partial = counts_of(EVEN)
    zeros = [round(0.98 * weights) + 2 for _, _, weights, _ in EVEN]  # two more than rounding explains
    full = counts_of([(name, True, weights, number) for (name, _, weights, _), number in zip(EVEN, zeros, strict=True)])
    word_embeddings, *others = EVEN
    embeddings = [
        (*word_embeddings[:1], True, 6_000_000, 3_000_000),
        *((name, False, size, 0) for name, _, size, _ in others),
    ]
    counts = {"embeddings-50": counts_of(embeddings), "full-98": full, "partial-50": partial}
    figure = of_runs.sparsity_figure(counts, "multilingual", 2, 1, Provenance("small", True))
    (axes,) = figure.axes  # every pruned matrix is as sparse as the others: nothing to map
    assert [text.get_text() for text in axes.get_yticklabels()] == ["partial-50", "full-98", "embeddings-50"]
    left = [[5.4, 0.5, 1.5, 0.007], [0.12, 0.02, 0.06, 0.00014], [3.0, 1.0, 3.0, 0.007]]
    np.testing.assert_allclose(bars(axes), left, atol=1e-5)
    assert [text.get_text() for text in axes.texts] == ["26.0 %", "98.0 %", "30.0 %"]
    assert {line.get_xdata()[0] for line in axes.lines} == {10.007001}
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["word embeddings", "attention", "feed-forward", "head"]
    title = figure.get_suptitle().replace("\n", " ").replace("\xa0", " ")
    assert "multilingual models (2 languages, seed 1)" in title and "demo" in title
    assert on_page(figure)


def test_a_threshold_over_all_matrices_is_mapped_matrix_by_matrix():
    """Of the sparsest model of a scope; numbers stand in the cells where they fit."""
    rows = [(f"bert.encoder.layer.{layer}.output.dense.weight", True, 1000, 100 * layer) for layer in range(4)]
    wide = [(f"bert.encoder.layer.{layer}.output.dense.weight", True, 1000, 10 * layer) for layer in range(24)]
    counts = {"partial-50": counts_of(EVEN), "partial-90": counts_of(rows), "full-50": counts_of(wide)}
    tables = [(f"bert.embeddings.{name}_embeddings.weight", True, 1000, 900) for name in ("word", "position")]
    counts["embeddings-50"] = counts_of([*tables[:1], (*tables[1][:3], 100)])
    figure = of_runs.sparsity_figure(counts, "yo", 1, 1, Provenance("small", True))
    _, partial, full, embeddings = figure.axes[:4]
    assert [partial.get_title(), full.get_title()] == ["partial, 90 %", "full (incl. embeddings), 50 %"]
    assert embeddings.get_title() == "embeddings, 50 %"
    assert [text.get_text() for text in partial.texts] == ["0.0", "10.0", "20.0", "30.0"]
    assert not full.texts
    assert on_page(figure)


def test_the_scripts_read_runs_and_save_figures(tmp_path, capsys):
    curve([4, 7]).to_csv(tmp_path / "curve.csv", index=False)
    counts_of(EVEN).to_csv(tmp_path / "sparsity.csv", index=False)
    out = [tmp_path / f"{name}.{suffix}" for name in ("curves", "map") for suffix in ("pdf", "png", "svg")]
    runs = [("yo", "dense", tmp_path / "curve.csv"), ("yo", "full-50", tmp_path / "curve.csv")]
    curves_script.main(runs, Provenance("small", True), out[:3])
    sparsity_script.main({"full-50": tmp_path / "sparsity.csv"}, "yo", 1, 1, Provenance("small", True), out[3:])
    assert all(path.stat().st_size > 500 for path in out)
    assert "word embeddings" in capsys.readouterr().out  # the numbers behind the figure go to the log
