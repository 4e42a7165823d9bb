"""Another study's cells, for the claims at equal budget."""

import numpy as np
import pandas as pd
import pytest
import yaml
from ner_pruning.claims.equal_budget import FILES, equal_budget_languages, read_equal_budget
from ner_pruning.data.language_groups import GROUP_COLUMNS
from ner_pruning.files import InputError
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates, write_replicates
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, REGULAR, Cell

PRUNING = {"batch_size": 8, "start": 10, "end": 60, "frequency": 10}


def write_study(folder, short_steps):
    """Write a study of yo (100 sentences) and sw (1,000), whose multilingual models train for 780 steps."""
    config = {
        "multilingual": True,
        "finetuning": {"epochs": 60},
        "schedules": [PRUNING | {"up_to": 100, "steps": short_steps}, PRUNING | {"up_to": 20000, "steps": 780}],
    }
    rows = [
        (language if setting == MONOLINGUAL else setting, setting, "", 0, language, REGULAR, 3)
        for language in ("yo", "sw")
        for setting in (MONOLINGUAL, MULTILINGUAL)
    ]
    f1 = np.array([[0.5, 0.49, 0.51], [0.6, 0.59, 0.61], [0.7, 0.69, 0.71], [0.8, 0.79, 0.81]])
    paths = [folder / name for name in FILES]
    paths[0].write_text(yaml.safe_dump(config))
    groups = [
        ("yo", "Yoruba", "Niger-Congo", "Latin", 100, 100),
        ("sw", "Swahili", "Niger-Congo", "Latin", 1000, 20000),
    ]
    pd.DataFrame(groups, columns=list(GROUP_COLUMNS)).to_csv(paths[1], index=False)
    write_replicates(paths[2], Replicates(pd.DataFrame(rows, columns=CELL_COLUMNS), f1))
    return paths


def test_the_languages_of_equal_budgets_are_read(tmp_path):
    cells = read_equal_budget(*write_study(tmp_path, 780))
    dense = Cell(MULTILINGUAL, REGULAR, "", 0)
    assert cells.languages(dense) == ["yo", "sw"]
    np.testing.assert_allclose(cells.f1(dense, ["sw"]), [[0.8, 0.79, 0.81]], rtol=1e-6)
    assert read_equal_budget(*write_study(tmp_path, 779)).languages(dense) == ["sw"]


def test_a_study_without_equal_budgets_is_refused(tmp_path):
    paths = write_study(tmp_path, 780)
    config = yaml.safe_load(paths[0].read_text())
    paths[0].write_text(yaml.safe_dump(config | {"multilingual": False}))
    with pytest.raises(InputError, match="config.yaml: no language with equal budgets; expected in `equal_budget`"):
        read_equal_budget(*paths)


def config_of(*rows, multilingual=True):
    pruning = {"start": 10, "end": 60, "frequency": 10, "batch_size": 8}
    return {
        "multilingual": multilingual,
        "schedules": [pruning | row for row in rows],
        "finetuning": {"epochs": 60},
    }


def test_budgets_agree_where_steps_batches_and_pruning_do():
    """yo has 100 sentences, so 13 steps an epoch; with sw there are 1,100, or 138 steps an epoch."""
    sentences = {"yo": 100, "sw": 1000}
    by_epochs = config_of({"up_to": 100}, {"up_to": 20000})
    assert equal_budget_languages(by_epochs, sentences) == []
    by_steps = config_of({"up_to": 100, "steps": 780}, {"up_to": 20000, "steps": 780})
    assert equal_budget_languages(by_steps, sentences) == ["yo", "sw"]
    for other in ({"start": 20}, {"end": 70}, {"frequency": 5}, {"batch_size": 16}, {"steps": 779}):
        config = config_of({"up_to": 100, "steps": 780} | other, {"up_to": 20000, "steps": 780})
        assert equal_budget_languages(config, sentences) == ["sw"]
    assert equal_budget_languages(config_of({"up_to": 20000, "steps": 780}, multilingual=False), sentences) == []
    assert equal_budget_languages(by_epochs, {"yo": 100}) == ["yo"]  # a study of one language


def test_the_multilingual_model_has_the_last_row_whatever_its_size():
    """yo and jv have 200 sentences together, which a row of the monolingual models would hold, too."""
    short, long = {"steps": 780}, {"steps": 8280}
    config = config_of({"up_to": 100} | short, {"up_to": 1000} | short, {"up_to": 20000} | long)
    assert equal_budget_languages(config, {"yo": 100, "jv": 100}) == []
    config = config_of({"up_to": 100} | long, {"up_to": 1000} | short, {"up_to": 20000} | long)
    assert equal_budget_languages(config, {"yo": 100, "jv": 100}) == ["yo", "jv"]
