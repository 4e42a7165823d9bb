"""The paper's tables 6-9: the published numbers as scores of a study, and the means and medians printed below them."""

from pathlib import Path

import pandas as pd

PAPER = Path(__file__).parents[1] / "resources" / "paper_f1.csv"
LANGUAGES = ["en", "zh", "bn", "eu", "af", "hi", "sw", "te", "jv", "yo"]
SPARSITIES = [0, 50, 70, 80, 90, 95, 98]
SUMMARIES = {  # the last two rows of each table, as printed
    6: (
        [0.8215, 0.8057, 0.7936, 0.7611, 0.6677, 0.6076, 0.5599],
        [0.8543, 0.8481, 0.8418, 0.8172, 0.7302, 0.6417, 0.5728],
    ),
    7: (
        [0.8215, 0.8066, 0.7880, 0.7454, 0.6451, 0.5736, 0.5488],
        [0.8543, 0.8526, 0.8332, 0.7988, 0.6859, 0.5683, 0.5686],
    ),
    8: (
        [0.0189, 0.6863, 0.6680, 0.6170, 0.5062, 0.3818, 0.2654],
        [0.0201, 0.7160, 0.6967, 0.6678, 0.5510, 0.4467, 0.3011],
    ),
    9: (
        [0.0189, 0.0147, 0.0198, 0.0268, 0.0211, 0.0162, 0.0126],
        [0.0201, 0.0076, 0.0120, 0.0168, 0.0167, 0.0120, 0.0143],
    ),
}


def paper_scores():
    """The published tables 6-9 as the scores of a study of one seed; the dense row, printed twice, once."""
    scores = pd.read_csv(PAPER)
    scores["scope"] = scores["scope"].where(scores["sparsity"] > 0, "")
    scores["test_set"] = scores["test_set"].replace("perturbed", "in-language")
    scores = scores.drop(columns="table").drop_duplicates()
    ends = {"": 0.05, "_low": 0.04, "_high": 0.06}
    floor = {f"{name}{end}": value for name in ("chance_floor", "shuffle_floor") for end, value in ends.items()}
    return scores.assign(
        training_set=scores["language"], seed=1, mentions=100, **floor, changed_share=1.0, unseen_share=0.5
    )
