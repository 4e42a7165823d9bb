"""Locales that are not UTF-8, in which the workflow must work all the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""The environment in which Python takes the C locale at its word: it would read and write UTF-8 otherwise."""


def western_locale(folder: Path) -> tuple[dict[str, str], str]:
    """Return the environment of the locale en_US, which is made in a folder, and the encoding that Python has in it.

    Where localedef or its definitions are not installed it is the C locale, which can write still less.
    """
    environment, encoding = ASCII, "ascii"
    if shutil.which("localedef"):
        folder.mkdir()
        made = subprocess.run(["localedef", "-i", "en_US", "-f", "ISO-8859-1", folder / "en_US"], capture_output=True)
        if made.returncode == 0:
            environment, encoding = {"LC_ALL": "en_US", "LOCPATH": str(folder), "PYTHONUTF8": "0"}, "iso8859-1"
    show = [sys.executable, "-c", "import codecs, locale; print(codecs.lookup(locale.getpreferredencoding()).name)"]
    shown = subprocess.run(show, env=os.environ | environment, capture_output=True, check=True).stdout
    assert shown.decode("ascii").strip() == encoding
    return environment, encoding
