"""Real WikiAnn, where the variable WIKIANN_DIR names its folder in the Hub's layout."""

import os
from pathlib import Path

import pytest

WIKIANN = Path(os.environ.get("WIKIANN_DIR") or "WIKIANN_DIR is not set")

needs_wikiann = pytest.mark.skipif(not WIKIANN.is_dir(), reason="WIKIANN_DIR names no folder with WikiAnn")
