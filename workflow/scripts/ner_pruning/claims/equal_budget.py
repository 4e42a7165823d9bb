"""Monolingual and multilingual models of equal budgets, which claims 1 and 3 compare: in this study or in another."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from ner_pruning.files import InputError
from ner_pruning.study.schedules import Schedule, choose_schedule

# The workflow imports this while it builds its graph: heavy libraries are imported where used.
if TYPE_CHECKING:
    from ner_pruning.statistics.intervals import Cells

FILES = ("config.yaml", "groups.csv", "replicates.parquet")
"""What is read of another study's results."""


class Budget(NamedTuple):
    """What models must share to differ in their training sentences alone; in optimiser steps, but for batch_size."""

    steps: int
    batch_size: int
    start: int
    end: int
    frequency: int


def equal_budget_languages(config: Mapping[str, Any], sentences: Mapping[str, int]) -> list[str]:
    """Return the languages whose monolingual models have the budget of the multilingual ones, which train on all.

    config: its keys multilingual, schedules and finetuning: epochs; sentences: of each language's training set. The
    multilingual model has the last row of the schedules, whatever its size (`grid.possible_schedules`).
    """
    if not config["multilingual"]:
        return []

    rows = config["schedules"]

    def budget(row: Mapping[str, int | float], size: int) -> Budget:
        schedule = Schedule.of_row(row, config["finetuning"]["epochs"], size)
        return Budget(schedule.steps(size), schedule.batch_size, schedule.start, schedule.end, schedule.frequency)

    multilingual = budget(rows[-1], sum(sentences.values()))
    return [code for code, size in sentences.items() if budget(choose_schedule(rows, size), size) == multilingual]


def read_equal_budget(config: str | os.PathLike, groups: str | os.PathLike, replicates: str | os.PathLike) -> "Cells":
    """Return another study's cells of the languages with equal budgets; raises InputError if there are none.

    The paths are those of FILES.
    """
    from ner_pruning.data.language_groups import read_groups
    from ner_pruning.statistics.bootstrap import read_replicates
    from ner_pruning.statistics.intervals import Cells

    with open(config, encoding="utf-8") as file:
        of_study = yaml.safe_load(file)
    languages = equal_budget_languages(of_study, read_groups(groups)["sentences"].to_dict())
    if not languages:
        raise InputError(f"{config}: no language with equal budgets; expected in `equal_budget` such a study")
    return Cells(read_replicates(replicates)).of_the_paper().of(languages)
