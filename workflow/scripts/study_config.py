"""Write the whole config of a study: config.yaml with all overlays laid on it."""

from collections.abc import Mapping
from html import escape
from typing import Any

import yaml
from jobs.logs import log_to
from ner_pruning.files import write_text


def main(config: Mapping[str, Any], out_yaml: str, out_html: str) -> None:
    """Write the config as YAML, and as a page for the report."""
    text = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=110)
    write_text(out_yaml, text)
    write_text(out_html, f'<!doctype html><html lang="en"><meta charset="utf-8"><pre>{escape(text)}</pre></html>\n')


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.params.config, snakemake.output.yaml, snakemake.output.html)
