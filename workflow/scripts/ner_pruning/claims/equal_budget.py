"""The cells of a study whose monolingual and multilingual models have equal budgets, for claims 1 and 3."""

import os

import yaml

from ner_pruning.data.language_groups import read_groups
from ner_pruning.files import InputError
from ner_pruning.statistics.bootstrap import read_replicates
from ner_pruning.statistics.intervals import Cells
from ner_pruning.study.schedules import equal_budget_languages


def read_equal_budget(config: str | os.PathLike, groups: str | os.PathLike, replicates: str | os.PathLike) -> Cells:
    """Return another study's cells of the languages with equal budgets; raises InputError if there are none."""
    with open(config, encoding="utf-8") as file:
        of_study = yaml.safe_load(file)
    languages = equal_budget_languages(of_study, read_groups(groups)["sentences"].to_dict())
    if not languages:
        raise InputError(f"{config}: no language with equal budgets; expected in `equal_budget` such a study")
    return Cells(read_replicates(replicates)).of(languages)
