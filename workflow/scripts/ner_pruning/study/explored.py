"""What the page that explores a study's results shows sentences of: some languages, and the runs that tag them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ner_pruning.study.contents import runs_of_languages
from ner_pruning.study.grid import evaluated_languages, study_runs
from ner_pruning.terms import Run

MOST_LANGUAGES = 2
"""Languages with sentences, as many as tables 10 and 11 have, where the config names none that is evaluated."""


def explored_languages(config: Mapping[str, Any]) -> list[str]:
    """Return the languages of tables 10 and 11 that any run is evaluated on; without such, the first of the study."""
    evaluated = evaluated_languages(config)
    named = [language for language in config["tables"]["examples"] if language in evaluated]
    return named or evaluated[:MOST_LANGUAGES]


def explored_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return a run of each variant of the training sets that have an explored language, dense ones first.

    Runs of different seeds differ by more than their variants. So all runs of a training set have the seed that most of
    its variants have, the first of such; the variants that do not have it are there with their first seed.
    """
    runs = runs_of_languages(study_runs(config), explored_languages(config))
    seeds = Counter((run.training_set, run.seed) for run in runs)
    chosen: dict[tuple[str, str], Run] = {}
    for run in sorted(runs, key=lambda run: -seeds[run.training_set, run.seed]):  # keeps the order of equal ones
        chosen.setdefault((run.training_set, run.variant), run)
    return [run for run in runs if run == chosen[run.training_set, run.variant]]
