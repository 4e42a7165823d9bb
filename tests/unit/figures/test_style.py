"""What all figures share."""

import seaborn as sns
from ner_pruning.figures.style import COLOURBLIND


def test_the_colours_are_seaborns_for_colourblind_readers():
    assert sns.color_palette("colorblind") == COLOURBLIND
