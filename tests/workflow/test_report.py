"""The report: one page of HTML that needs nothing else and holds every table, figure and claim."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from ner_pruning.data.test_sets import read_test_set
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
CATEGORIES = ("Claims", "Figures", "Study", "Tables")
EYE, CAPTION = "a[iconname=eye]", "a[iconname=information-circle]"  # of each item in the menu
SECONDS = 60
"""How long a test waits for the browser, where the machine has other work."""

needs_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium or Chrome with its chromedriver")


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
    assert len(figures) == 16 and len(pages) == 13
    assert set(results) == figures | pages
    for path, result in results.items():
        assert content(result) == (page.parent / path).read_bytes()
        assert len(result["caption"]) > 40 and "System Message" not in result["caption"], path
        assert result["labels"], path


def test_claims_come_first(page):
    categories = script(page, "categories")
    assert sorted(categories) == [*CATEGORIES]
    assert "results/tiny/claims.html" in json.dumps(categories["Claims"])


def test_the_overview_names_the_study_and_says_that_it_is_a_demo(page):
    text = script(page, "workflow_desc")
    assert "tiny" in text
    assert "demo on synthetic text" in text
    assert "System Message" not in text  # of docutils, where a text is no valid reStructuredText


def test_the_page_loads_nothing_from_elsewhere(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1600,1200"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Chrome(options=options, service=ChromeService(DRIVER))
    yield browser
    browser.quit()


def click(browser: Chrome, by: str, value: str, number: int = 0) -> None:
    """Click on a link of the menu: by a script, because the menu slides, and a pointer may hit what has slid there."""
    link = wait(browser).until(lambda browser: browser.find_elements(by, value)[number:])[0]
    browser.execute_script("arguments[0].click()", link)


def wait(browser: Chrome) -> WebDriverWait:
    return WebDriverWait(browser, SECONDS, poll_frequency=0.05, ignored_exceptions=[WebDriverException])


def shown_address(browser: Chrome) -> str | None:
    """Return the data of the picture or page beside the menu; None where there is none yet, or it has not loaded."""
    return browser.execute_script("""
        const shown = document.querySelector('#app iframe, #app img[src^="data:image/png"]');
        return shown && (shown.tagName == "IFRAME" || shown.complete && shown.naturalWidth > 100) ? shown.src : null;
    """)


def squeezed(text: str) -> str:
    """Return a text without its white space, which browsers set as they see fit."""
    return "".join(text.split())


def text_of(html: str) -> str:
    """Return what a reader sees of a page or part of one, squeezed."""
    body = re.sub("<(head|style|title)>.*?</\\1>", " ", html, flags=re.DOTALL)
    return squeezed(unescape(re.sub("<[^>]*>", " ", body)))


def read_item(browser: Chrome, number: int, results: dict[str, dict], folder: Path, opened: list[str]) -> str:
    """Open an item of the menu that was not opened yet, and then its caption; return its path in the folder."""
    paths = {result["data_uri"]: path for path, result in results.items() if path not in opened}
    click(browser, By.CSS_SELECTOR, EYE, number)
    path = wait(browser).until(lambda browser: paths.get(shown_address(browser)))
    if path.endswith("explore.html"):  # its script writes its text
        browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, "#app iframe"))
        wait(browser).until(lambda browser: points(browser) and browser.find_elements(By.TAG_NAME, "article"), path)
        browser.switch_to.default_content()
    elif path.endswith(".html"):
        text = text_of((folder / path).read_text(encoding="utf-8"))
        browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, "#app iframe"))
        wait(browser).until(lambda browser: squeezed(browser.find_element(By.TAG_NAME, "body").text) == text, path)
        browser.switch_to.default_content()
    caption = text_of(results[path]["caption"])
    click(browser, By.CSS_SELECTOR, CAPTION, number)
    wait(browser).until(lambda browser: caption in squeezed(browser.find_element(By.ID, "app").text), path)
    return path


@needs_browser
def test_a_browser_opens_every_item(page, browser):
    """The page is built by its scripts: each item is opened as its reader does, and its caption beside it."""
    results, opened = script(page, "results"), []
    browser.get(page.as_uri())
    for category in CATEGORIES:
        click(browser, By.LINK_TEXT, category)
        for number in range(len(browser.find_elements(By.CSS_SELECTOR, EYE))):
            opened.append(read_item(browser, number, results, page.parent, opened))
            click(browser, By.LINK_TEXT, category)
        click(browser, By.LINK_TEXT, "Results")
    assert sorted(opened) == sorted(results)
    tables = [path for path in opened if "/table-" in path]
    assert tables == sorted(tables, key=lambda path: int(re.search(r"table-(\d+)", path)[1]))


@needs_browser
def test_a_browser_draws_the_rule_graph_and_the_statistics(page, browser):
    browser.get(page.as_uri())
    wait(browser).until(lambda browser: drawn(browser) == 1)
    graph = script(page, "rulegraph_spec")["data"][0]["values"]
    assert {"language_data", "finetune", "claims", "figure"} <= {node["rule"] for node in graph}
    click(browser, By.LINK_TEXT, "Statistics")
    wait(browser).until(lambda browser: drawn(browser) == 2)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def drawn(browser: Chrome) -> int:
    """Return the number of charts on the page, of which more than 1 % is not white."""
    return browser.execute_script("""
        return [...document.querySelectorAll("canvas.marks")].filter(canvas => {
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let ink = 0;
            for (let place = 0; place < pixels.length; place += 4)
                ink += pixels[place + 3] > 0 && Math.min(...pixels.slice(place, place + 3)) < 255;
            return ink > pixels.length / 400;
        }).length;
    """)


def points(browser: Chrome) -> int:
    """Return the number of points, of lines and of seeds, in the chart of the page of results."""
    return len(browser.find_elements(By.CSS_SELECTOR, "#chart svg .mark-symbol.role-mark path"))


def choose(browser: Chrome, selector: str, value: str) -> None:
    """Check or uncheck the box of a value, or choose it in a list, as a reader does."""
    browser.find_element(By.CSS_SELECTOR, f'{selector} [value="{value}"]').click()


def requests(browser: Chrome) -> list[str]:
    """Return the addresses that the browser has asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [params["request"]["url"] for params in asked]


@pytest.fixture
def explored(finished, browser) -> Path:
    """The folder of the tiny study, whose page of results the browser has opened."""
    requests(browser), browser.get_log("browser")
    folder = finished.folder / "results/tiny"
    browser.get((folder / "explore.html").as_uri())
    # Hindi and the mean over it alone, dense and full-50, on two test sets; and Hindi's one seed
    wait(browser).until(lambda browser: points(browser) == 8 + 4)
    return folder


@needs_browser
def test_the_chart_of_results_shows_what_is_chosen(explored, browser):
    choose(browser, "#test-sets", "in-language")
    wait(browser).until(lambda browser: points(browser) == 4 + 2)
    choose(browser, "#lines", "mean of all languages")
    wait(browser).until(lambda browser: points(browser) == 2 + 2)
    choose(browser, "#seeds", "1")
    wait(browser).until(lambda browser: points(browser) == 2)
    intervals = pd.read_csv(explored / "intervals.csv")
    of_hindi = intervals.query("statistic == 'f1' and language == 'hi' and test_set == 'regular'")
    shown = browser.find_element(By.CSS_SELECTOR, "#numbers tbody").get_attribute("textContent")
    expected = [
        f"monolingualregularHindi (hi)full{row.sparsity}{row.estimate:.4f}{row.low:.4f} to {row.high:.4f}"
        for row in of_hindi.sort_values("sparsity").itertuples()
    ]
    assert len(expected) == 2
    assert re.findall(r"mono.*? to [\d.]{6}", shown) == expected

    point = browser.find_element(By.CSS_SELECTOR, "#chart svg .mark-symbol.role-mark path")
    ActionChains(browser).move_to_element(point).perform()
    tooltip = wait(browser).until(lambda browser: browser.find_element(By.CSS_SELECTOR, ".vg-tooltip.visible").text)
    assert "95 % interval" in tooltip and f"{of_hindi['low'].iloc[0]:.4f} to" in tooltip

    choose(browser, "#sparsities", "50")
    wait(browser).until(lambda browser: points(browser) == 1)
    assert "50" not in browser.find_element(By.CSS_SELECTOR, "#chart .role-axis").text
    choose(browser, "#sparsities", "50")
    wait(browser).until(lambda browser: points(browser) == 2)
    for kind, name in (("#scopes", "full"), ("#methods", "magnitude"), ("#settings", "monolingual")):
        choose(browser, kind, name)
        wait(browser).until(lambda browser: "No line" in browser.find_element(By.ID, "chart").text)
        choose(browser, kind, name)
        wait(browser).until(lambda browser: points(browser) == 2)

    choose(browser, "#lines", "Hindi (hi)")
    wait(browser).until(lambda browser: "No line" in browser.find_element(By.ID, "chart").text)
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    assert requests(browser) == [(explored / "explore.html").as_uri()]


@needs_browser
def test_a_name_below_the_chart_singles_out_its_lines(explored, browser):
    def pale() -> int:
        return len(browser.find_elements(By.CSS_SELECTOR, '#chart .mark-symbol.role-mark path[opacity="0.06"]'))

    wait(browser).until(lambda browser: browser.find_elements(By.CSS_SELECTOR, "#numbers tbody tr"))  # drawn last
    labels = browser.find_elements(By.CSS_SELECTOR, "#chart .role-legend-label text")
    (hindi,) = [label for label in labels if label.text == "Hindi (hi)"]
    ActionChains(browser).move_to_element(hindi).click().perform()
    wait(browser).until(lambda _: pale() == 4)  # the points of the mean
    assert points(browser) == 8 + 4
    ActionChains(browser).click().perform()
    wait(browser).until(lambda _: pale() == 0)


@needs_browser
def test_groups_are_offered_in_their_order(explored, browser):
    named = browser.execute_script("return [...document.querySelectorAll('#lines input')].map(box => box.value)")
    assert [name for name in named if name.startswith("mean of ") and name != "mean of all languages"] == [
        "mean of family Indo-Aryan",
        "mean of languages with every setting",
        "mean of script Devanagari",
        "mean of size 100",
    ]


@needs_browser
def test_the_sentences_of_results_are_those_of_the_test_sets(explored, browser):
    def rows(number: int) -> dict[str, str]:
        """The lines of a sentence by what they are of, without the names of entity types."""
        return browser.execute_script(
            """
            const article = document.querySelectorAll("article")[arguments[0]].cloneNode(true);
            for (const type of article.querySelectorAll("small")) type.remove();
            return Object.fromEntries([...article.querySelectorAll("tr")].map(
                row => [row.querySelector("th").innerText, row.querySelector("td").textContent.trim()]));
            """,
            number,
        )

    regular, perturbed = (
        read_test_set(explored / "evaluation/hi.parquet", name) for name in ("regular", "in-language")
    )
    headings = [heading.text for heading in browser.find_elements(By.CSS_SELECTOR, "article h3")]
    assert len(headings) == len(regular) == 12
    number = int(re.match(r"Sentence (\d+): ", headings[3])[1])
    words = " ".join(regular.tokens[number])
    assert rows(3) == {"gold": words, "dense": words, "full 50 %": words}
    assert browser.find_element(By.CSS_SELECTOR, "article td").get_attribute("dir") == "auto"

    choose(browser, "#sentence-test-set", "in-language")
    changed = " ".join(perturbed.tokens[number])
    assert rows(3) == {"gold, regular": words, "gold, perturbed": changed, "dense": changed, "full 50 %": changed}
    assert changed != words
    choose(browser, "#variants", "dense")
    assert "dense" not in rows(3)
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    assert requests(browser) == [(explored / "explore.html").as_uri()]


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
