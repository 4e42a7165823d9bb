"""The page of results as one file of HTML: its markup, style and script, the libraries that draw, and its data."""

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from ner_pruning.files import InputError
from ner_pruning.terms import Provenance

_PLACE = re.compile(r"\{\{(\w+)\}\}")
"""A place of the markup that is filled in: {{title}}."""


def columns_of(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a frame for the page, column by column: numbers as they are, None for NaN; texts by their place in a list.

    A column of texts is {"values": each text once, "places": one number a row}.
    """
    columns: dict[str, Any] = {}
    for name, column in frame.items():
        if pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = [None if pd.isna(value) else value for value in column.tolist()]
        else:
            places, values = pd.factorize(column)
            columns[str(name)] = {"values": values.tolist(), "places": places.tolist()}
    return columns


def json_for_script(value: Any) -> str:
    """Return JSON that can stand in a script element of HTML: no text in it, such as "</script>", ends the element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def explore_page(
    markup: str,
    style: str,
    script: str,
    libraries: Mapping[str, str],
    licences: Mapping[str, str],
    data: Mapping[str, Any],
    provenance: Provenance,
) -> str:
    """Return the page; markup: with a place for each of the other parts, such as {{style}}.

    libraries: the code of scripts that run before `script`, by name, in their order; licences: of these and of what
    they contain, by name; data: what the script shows. Raises InputError for a place that is none of these or missing,
    and for code that would end its script element.
    """
    for name, code in [*libraries.items(), ("script", script)]:
        if re.search(r"</script|<!--", code, re.IGNORECASE):
            raise InputError(f"{name}: </script or <!-- in its code; expected none, it would end the script")
    texts = [f"{name}\n\n{text.strip()}\n" for name, text in licences.items()]
    parts = {
        "title": escape(f"Results to explore: study {provenance.study}{provenance.in_title}"),
        "provenance": escape(f"{provenance}."),
        "style": style,
        "libraries": "\n".join(f"<script>{code}</script>" for code in libraries.values()),
        "licences": escape("\n".join(texts)),
        "data": json_for_script(data),
        "script": script,
    }
    found = _PLACE.findall(markup)
    if missing := sorted({*parts, *found} - ({*parts} & {*found})):
        raise InputError(f"markup of the page: {', '.join(missing)}; expected the places {', '.join(parts)}")
    return _PLACE.sub(lambda place: parts[place[1]], markup)
