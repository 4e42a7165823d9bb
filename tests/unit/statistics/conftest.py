"""A made-up study so small that its statistics are worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates


@pytest.fixture
def replicates() -> Replicates:
    """Two languages: measured, then two replicates.

    yo dense .8 / partial-50 .6 (regular), in-language .4 / .3; jv dense .5 / .6 (regular); multilingual yo dense .9.
    """
    cells = [
        ("yo", "monolingual", "", 0, "yo", "regular", 2, [0.8, 0.7, 0.9]),
        ("yo", "monolingual", "partial", 50, "yo", "regular", 1, [0.6, 0.5, 0.7]),
        ("yo", "monolingual", "", 0, "yo", "in-language", 2, [0.4, 0.35, 0.45]),
        ("yo", "monolingual", "partial", 50, "yo", "in-language", 1, [0.3, 0.25, 0.35]),
        ("jv", "monolingual", "", 0, "jv", "regular", 2, [0.5, 0.4, 0.6]),
        ("jv", "monolingual", "partial", 50, "jv", "regular", 2, [0.6, 0.5, 0.7]),
        ("multilingual", "multilingual", "", 0, "yo", "regular", 1, [0.9, 0.9, 1.1]),
    ]
    return Replicates(
        pd.DataFrame([cell[:-1] for cell in cells], columns=CELL_COLUMNS), np.float32([cell[-1] for cell in cells])
    )
