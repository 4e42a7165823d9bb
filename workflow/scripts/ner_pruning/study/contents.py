"""Which of the paper's tables and figures a study has: those that its models and test sets can fill."""

from collections.abc import Mapping
from typing import Any

from ner_pruning.terms import F1_TABLES, IN_LANGUAGE, MONOLINGUAL, MULTILINGUAL, REGULAR

FIRST_EXAMPLES_TABLE = 10
"""Tables 10 and 11 show perturbed sentences, one language each."""


def f1_tables(config: Mapping[str, Any]) -> list[int]:
    """Return the numbers of tables 2-9 that a study has: by setting, test set and scope, as in the paper."""
    settings = {MULTILINGUAL: config["multilingual"], MONOLINGUAL: bool(config["monolingual"])}
    scopes = config["pruning"]["scopes"] or ["partial"]  # a study of dense models has one table
    return [
        number
        for number, (setting, test_set, scope) in F1_TABLES.items()
        if settings[setting] and scope in scopes and test_set in (REGULAR, *config["perturbations"])
    ]


def f1_table_languages(number: int, config: Mapping[str, Any]) -> list[str]:
    """Return the languages of one of tables 2-9."""
    setting, _, _ = F1_TABLES[number]
    return list(config["languages"] if setting == MULTILINGUAL else config["monolingual"])


def example_languages(config: Mapping[str, Any]) -> dict[int, str]:
    """Return the languages of tables 10 and 11 that the study has a perturbed test set of, by the table's number."""
    if IN_LANGUAGE not in config["perturbations"]:
        return {}
    languages = enumerate(config["tables"]["examples"], start=FIRST_EXAMPLES_TABLE)
    return {number: language for number, language in languages if language in config["languages"]}


def figure_numbers(config: Mapping[str, Any]) -> list[int]:
    """Return the figures that a study has: 2 and 4-8 need sparse models, 3 a perturbed test set, 6-8 in-language."""
    sparse = bool(config["pruning"]["scopes"])
    in_language = IN_LANGUAGE in config["perturbations"]
    needs = {2: sparse, 3: bool(config["perturbations"]), 4: sparse, 5: sparse}
    needs |= dict.fromkeys((6, 7, 8), sparse and in_language)
    return [number for number in range(1, 10) if needs.get(number, True)]
