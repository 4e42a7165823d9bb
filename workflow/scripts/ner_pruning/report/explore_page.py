"""The page of results as one file of HTML: its markup, style and script, the libraries that draw, and its data."""

import json
import re
import zlib
from base64 import b64encode
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


def packed(value: Any) -> str:
    """Return a value as compressed JSON in Base64, which the page unpacks.

    Compressed, because browsers open no page of more than 2 MiB in a report, where it is an address: Chromium's limit.
    Letters and digits cannot end the script element that they stand in, as a text of the data might.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode("utf-8"), level=9)).decode("ascii")


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

    libraries: the code of scripts that run before the chart is drawn, by name, in their order; licences: of these and
    of what they contain, by name; data: what `script` shows. Raises InputError for a place that is none of these or
    missing, and for a script that would end its element.
    """
    if re.search(r"</script|<!--", script, re.IGNORECASE):
        raise InputError("script of the page: </script or <!-- in its code; expected none, it would end the script")
    texts = [f"{name}\n\n{text.strip()}\n" for name, text in licences.items()]
    parts = {
        "title": escape(f"Results to explore: study {provenance.study}{provenance.in_title}"),
        "provenance": escape(f"{provenance}."),
        "style": style,
        "libraries": packed({"code": list(libraries.values()), "licences": "\n".join(texts)}),
        "data": packed(data),
        "script": script,
    }
    found = _PLACE.findall(markup)
    if missing := sorted({*parts, *found} - ({*parts} & {*found})):
        raise InputError(f"markup of the page: {', '.join(missing)}; expected the places {', '.join(parts)}")
    return _PLACE.sub(lambda place: parts[place[1]], markup)
