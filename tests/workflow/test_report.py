"""The report: one page of HTML that needs nothing else and holds every table, figure and claim."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(finished) -> Path:
    """The report of the tiny study."""
    done = finished.call("--report", "report.html", "--configfile", "studies/tiny.yaml")
    assert done.returncode == 0, done.stdout
    return finished.folder / "report.html"


def script(page: Path, name: str) -> dict:
    """Return the value that the script of the page with a name assigns to a variable."""
    text = page.read_text(encoding="utf-8")
    start = re.search(rf'<script id="[a-z-]+">\s*var {name} = ', text).end()
    return json.JSONDecoder().raw_decode(text, start)[0]


def content(result: dict) -> bytes:
    head, data = result["data_uri"].split(",", 1)
    assert head.endswith(";base64")
    return base64.b64decode(data)


def test_every_item_is_in_the_page_with_its_caption(page):
    results = script(page, "results")
    folder = page.parent / "results" / "tiny"
    figures = {str(path.relative_to(page.parent)) for path in folder.glob("figures/*.png")}
    pages = {str(path.relative_to(page.parent)) for path in (*folder.glob("*.html"), *folder.glob("tables/*.html"))}
    assert len(figures) == 14 and len(pages) == 9
    assert set(results) == figures | pages
    for path, result in results.items():
        assert content(result) == (page.parent / path).read_bytes()
        assert len(result["caption"]) > 40 and "System Message" not in result["caption"], path
        assert result["labels"], path


def test_claims_come_first(page):
    categories = script(page, "categories")
    assert sorted(categories) == ["Claims", "Figures", "Study", "Tables"]
    assert "results/tiny/claims.html" in json.dumps(categories["Claims"])


def test_the_overview_names_the_study_and_says_that_it_is_a_demo(page):
    text = script(page, "workflow_desc")
    assert "tiny" in text
    assert "demo on synthetic text" in text
    assert "System Message" not in text  # of docutils, where a text is no valid reStructuredText


def test_the_page_loads_nothing_from_elsewhere(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", text)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome")
def test_a_browser_shows_it(page):
    """The page is built by its scripts: what a browser makes of it has the overview and the menu."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]
    shown = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120).stdout
    body = shown[shown.index('<div id="app">') : shown.index("<script>", shown.index('<div id="app">'))]
    for item in ("tiny", "Claims", "Figures", "Study", "Tables", "Workflow"):
        assert item in body, item


def test_a_published_study_has_what_is_small_and_no_models(finished):
    finished.run("studies/tiny.yaml", "publish")
    published, results = (finished.folder / name for name in ("docs/tiny/results", "results/tiny"))
    files = {path.relative_to(published) for path in published.rglob("*") if path.is_file()}
    files = {file for file in files if not file.name.startswith(".snakemake")}
    expected = {"scores.csv", "intervals.csv", "claims.csv", "claims.md", "diagnosis.md", "config.yaml"}
    assert expected <= {str(file) for file in files}
    assert {file.suffix for file in files} == {".csv", ".md", ".yaml", ".png", ".svg"}
    for file in files:
        assert (published / file).read_bytes() == (results / file).read_bytes()
    assert not any("runs/" in str(file) for file in files)
