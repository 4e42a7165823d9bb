"""The configs of the paper and of the tiny study, the schema and the table of languages, as the workflow reads them."""

import copy
from pathlib import Path

import yaml
from ner_pruning.study.languages import read_languages

ROOT = Path(__file__).parents[1]
TABLE = read_languages(ROOT / "resources/languages.tsv")
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
PAPER = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
REMOVE = object()


def merged(config: dict, overlay: dict) -> dict:
    """Lay an overlay on a config as Snakemake does: mappings are merged, all else is replaced."""
    config = copy.deepcopy(config)
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key] = merged(config[key], value)
        elif value is REMOVE:
            del config[key]
        else:
            config[key] = value
    return config


TINY = merged(PAPER, yaml.safe_load((ROOT / "studies/tiny.yaml").read_text(encoding="utf-8")))
