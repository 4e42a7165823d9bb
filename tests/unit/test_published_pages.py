"""The pages of the published studies say what their results say: each number, verdict and sparsity."""

import math
import re
from collections import Counter
from itertools import count, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.data.overlap import known_mentions
from ner_pruning.files import read_json
from ner_pruning.study.grid import study_runs
from ner_pruning.terms import MONOLINGUAL, MULTILINGUAL, REGULAR, SETTINGS, VALIDATION, Run
from ner_pruning.training.precision import piece_multiple
from published_studies import (
    HINDI,
    LOW_RESOURCE,
    METHODS,
    OF_ONE_LANGUAGE,
    PUBLISHED,
    ROOT,
    SWAHILI,
    TOGETHER,
    built_sets,
    cell_with_interval,
    printed_number,
    prose,
    read_results,
    running_text,
    tables_of,
    unpacked,
)
from real_data import needs_wikiann
from scipy import stats

INTERVAL = re.compile(r"(−?\d\.\d\d\d?) \((−?\d\.\d\d\d?) to (−?\d\.\d\d\d?)\)")
SPARSITY = re.compile(r"\d\d(?= %(?! interval| of these mentions))")
INTERVALS_BEFORE = re.compile(r"(?:⟦(\d+)⟧ and )?⟦(\d+)⟧(?: partial| full| more| in-\w+)* at $")
"""What the sparsity after it is of, with intervals as their numbers: "⟦3⟧ at 50 %" """
INTERVAL_AFTER = re.compile(r" %(?:(?!\. |;|%).)*?⟦(\d+)⟧")
"""What the sparsity before it is of, if it comes first: "At 50 %, Javanese loses ⟦3⟧" """
VERDICT = re.compile(r"(?:\(|; )(?:claim )?((?:own )?\d+(?:, [\w -]+)?), \*([^*]+)\*")
CLAIMS = {
    "1": "Together is better",
    "1, at equal budget": "equal budget",
    "3": "lose less by pruning",
    "3, at equal budget": "cost less together",
    "4, languages": "moderate pruning",
    "4, smallest sizes": "moderate pruning",
    "5, sizes": "smallest data sets",
    "6": "collapse",
    "6, chance": "chance",
    "7": "artial pruning",
    "7, levels": "the same",
    "8": "mbeddings",
    "8, regular": "regular data",
    "8, robustness": "negate",
    "8, low-resource": "negate",
    "9": "perturbations",
    "own 1": "memorised mentions",
    "own 2": "Magnitude matters",
    "own 3": "runing",
    "own 4": "Embeddings cost less than linear layers",
    "own 5": "int8",
}
"""What the sentences of the pages that name a claim say, by claim."""
TEST_SETS = ["regular", "in-language", "in-script", "in-family"]
WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 10: "ten"}


def ends_of(place: tuple, folder: Path) -> list[float]:
    """Return value, low and high of what a place names in the results of a published study.

    A place is 1, or -1 where the number is printed with the other sign; then a claim and how its part begins, or a row
    of the intervals (there: of those of docs/low-resource), or the sparsity of what is forgotten beyond the floor (and
    the scope, if it is not partial, the test set, if not regular, and other columns); rows of monolingual models, if
    they do not begin with another setting.
    """
    sign, source, *rest = place
    setting = rest.pop(0) if rest[0] in SETTINGS else MONOLINGUAL
    if source == "claims":
        claim, text = rest
        claims = read_results(folder, "claims.csv").rename(columns={"measured": "estimate"})
        row = claims[(claims["claim"] == claim) & (claims["text"] + ": ").str.startswith(f"{text}: ")]
    elif source == "forgotten":
        *cell, others = rest if isinstance(rest[-1], dict) else (*rest, {})
        sparsity, scope, test_set = (*cell, *("partial", "regular")[len(cell) - 1 :])
        wanted = {"setting": setting, "test_set": test_set, "scope": scope, "sparsity": sparsity}
        wanted |= {"statistic": "forgotten_beyond_floor", "language": "mean", "value": "all"} | others
        forgotten = read_results(folder, "forgotten.csv")
        row = forgotten[forgotten["group"].isna() & (forgotten[[*wanted]] == pd.Series(wanted)).all(axis=1)]
    else:
        intervals = read_results(LOW_RESOURCE if source == "there" else folder, "intervals.csv")
        columns = ["statistic", "test_set", "language", "scope", "sparsity"]
        of_all = intervals[intervals["group"].isna() & intervals["setting"].eq(setting)]
        row = of_all[(of_all[columns].fillna("") == rest).all(axis=1)]
    ((value, low, high),) = row[["estimate", "low", "high"]].to_numpy()
    return [value, low, high] if sign == 1 else [-value, -high, -low]


def sparsities_of(place: tuple) -> set[int]:
    """Return the sparsities that a place (`ends_of`) is of: one, or two that a part of a claim compares."""
    _, source, *rest = place
    if source == "claims":
        return {int(sparsity) for sparsity in re.findall(r"(?<=-)\d\d\b|\d\d(?= %)", rest[1])}
    return {next(part for part in (rest if source == "forgotten" else reversed(rest)) if isinstance(part, int))}


def checked_prose(folder: Path, places: list[tuple]) -> str:
    """Return the prose of a page, whose intervals, sparsities next to them and verdicts are those of its results."""
    text = prose(folder / "README.md")
    for printed, place in zip(INTERVAL.findall(text), places, strict=True):
        digits = len(printed[0].strip("−")) - 2
        assert [*printed] == [printed_number(end, digits) for end in ends_of(place, folder)], place
    numbers = count()
    numbered = INTERVAL.sub(lambda _: f"⟦{next(numbers)}⟧", text)
    traced = 0
    for sparsity in SPARSITY.finditer(numbered):
        of = INTERVALS_BEFORE.search(numbered[: sparsity.start()]) or INTERVAL_AFTER.match(numbered, sparsity.end())
        for number in filter(None, of.groups() if of else ()):
            place = places[int(number)]
            assert int(sparsity[0]) in sparsities_of(place), (numbered[sparsity.start() - 80 : sparsity.end()], place)
            traced += 1
    assert traced > len(places) / 4
    of_claims = verdicts_of(folder)
    verdicts = list(VERDICT.finditer(text))
    assert len(verdicts) > 3
    for verdict in verdicts:
        sentence = re.split(r"\. |- \*\*", text[: verdict.start()])[-1]
        assert verdict[2] == of_claims[verdict[1]], verdict[0]
        assert CLAIMS[verdict[1]] in sentence, verdict[0]
    return text


CODES = {"Yoruba": "yo", "Javanese": "jv", "Swahili": "sw", "Telugu": "te"}


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_the_page_on_claims_lists_them_in_the_words_of_the_ledger(folder):
    claims = read_results(folder, "claims.csv").query("part == 0 and not claim.str.startswith('own ')")
    table = next(table for table in tables_of(ROOT / "docs" / "claims.md") if table[0][0] == "claim")
    assert table[1:] == [
        [number, text.removesuffix(".")] for number, text in zip(claims.claim, claims.text, strict=True)
    ]


def test_the_readmes_print_the_scores():
    scores = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv")
    means = scores.groupby(["training_set", "language", "test_set", "variant"])["f1"].mean()
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    of_one, of_four = tables_of(LOW_RESOURCE / "README.md")
    places = set()
    for header, *rows in (of_one, of_four):
        variants = [name.replace(" ", "-") for name in header[2:]]
        assert variants[0] == "dense"
        for place, floor, *numbers in rows:
            name, test_set = place.split(", ")
            language = CODES[name]
            training_set = language if header is of_one[0] else MULTILINGUAL
            assert floor == f"{floors[language, test_set]:.3f}"
            expected = [means.get((training_set, language, test_set, variant)) for variant in variants]
            assert numbers == ["–" if f1 is None else f"{f1:.3f}" for f1 in expected]
            places.add((training_set, language, test_set))
    assert places == {place[:3] for place in means.index if place[2] != VALIDATION}, "a row is missing"

    (first_numbers,) = (table for table in tables_of(ROOT / "README.md") if table[0][0].startswith("F1, "))
    variants = [name.replace(" ", "-") for name in first_numbers[0][0].removeprefix("F1, ").split(" · ")]
    assert len(first_numbers) == 4
    for name, *columns, floor in first_numbers[1:]:
        language = CODES[name]
        assert floor == f"{floors[language, 'in-language']:.3f}"
        for test_set, cell in zip(("regular", "in-language", "in-script"), columns, strict=True):
            expected = [means[language, language, test_set, variant] for variant in variants]
            assert cell == " · ".join(f"{f1:.3f}" for f1 in expected)


OF_LOW_RESOURCE = [
    (1, "claims", "1", "dense, regular"),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "sw", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-language", "mean", "", 0),
    *((1, "claims", "3", f"{variant}, regular") for variant in ("partial-70", "full-70", "partial-90", "full-90")),
    *((1, "intervals", "multilingual", "difference", "regular", "mean", "partial", sparsity) for sparsity in (50, 70)),
    (1, "claims", "4, smallest sizes", "at 50 %"),
    (1, "claims", "4, smallest sizes", "at 70 %"),
    (1, "claims", "4, smallest sizes", "on their mean"),
    (1, "claims", "4, smallest sizes", "at either"),
    (-1, "claims", "5, sizes", "partial-90: relative difference to dense, smallest size - others"),
    (1, "claims", "6", "monolingual, dense, in-language"),
    *((1, "claims", "7", f"monolingual, partial-{sparsity}, in-language") for sparsity in (50, 70, 98)),
    *((1, "claims", "8", f"monolingual, full-{sparsity}, in-language") for sparsity in (50, 90, 95)),
    *((-1, "claims", "8, regular", f"monolingual, {sparsity} %, regular") for sparsity in (90, 95)),
    (-1, "claims", "8, low-resource", "50 %, regular, 100 training sentences: F1 partial - dense"),
    (-1, "claims", "8, low-resource", "70 %, regular, 100 training sentences: F1 partial - dense"),
    (1, "claims", "9", "partial-70: fraction of regular F1, in-script - in-language"),
    (-1, "claims", "9", "full-90: fraction of regular F1, in-family - in-language"),
    (1, "intervals", "fraction", "in-family", "sw", "", 0),
    (1, "forgotten", 70),
    (1, "forgotten", 90),
    (1, "forgotten", MULTILINGUAL, 90, "partial", "regular", {"statistic": "forgotten", "value": "unseen"}),
    (1, "forgotten", MULTILINGUAL, 90, "partial", "regular", {"statistic": "forgotten", "value": "seen"}),
    (1, "claims", "own 1", "multilingual, partial-90, regular"),
    (1, "claims", "own 1", "multilingual, full-90, regular"),
    (1, "forgotten", 90, "partial", "regular", {"language": "yo", "value": "2"}),
    (1, "forgotten", 90, "partial", "regular", {"language": "yo", "value": "4 or more"}),
]
"""What the intervals of the page of docs/low-resource are of, as OF_METHODS."""


def verdicts_of(folder: Path) -> pd.Series:
    """Return the verdicts of a published study, by claim."""
    return read_results(folder, "claims.csv").query("part == 0").set_index("claim")["verdict"]


def parts_tested(claims: pd.DataFrame, claim: str | None = None) -> pd.DataFrame:
    """Return the parts that could be tested, of all claims or one."""
    tested = claims[claims["part"].gt(0) & claims["verdict"].ne("not tested")]
    return tested if claim is None else tested[tested["claim"] == claim]


def decided(parts: pd.DataFrame) -> str:
    """Return of how many parts of claims the verdict is decided, as pages say it: "20 of 25"."""
    return f"{(parts['verdict'] != 'inconclusive').sum()} of {len(parts)}"


def measured(claims: pd.DataFrame, claim: str, column: str = "measured") -> dict[str, Any]:
    """Return a column of a claim's parts that could be tested, by how their text begins."""
    parts = parts_tested(claims, claim)
    names = parts["text"].str.partition(":")[0]
    assert names.is_unique
    return dict(zip(names, parts[column], strict=True))


def missed_by_another_seed(folder: Path, test_set: str = REGULAR) -> float:
    """Return the share of the mentions found by a dense monolingual model that one of another seed misses.

    It is the noise floor of what is forgotten, as a mean over languages.
    """
    return ends_of((1, "forgotten", 0, "partial", test_set, {"statistic": "forgotten"}), folder)[0]


def interval_of_seeds(numbers: list[float] | pd.Series) -> tuple[float, float]:
    """Return the 95 % interval of a mean from its seeds alone (Student's t)."""
    return stats.t.interval(0.95, len(numbers) - 1, np.mean(numbers), stats.sem(numbers))


def test_the_page_of_low_resource_says_what_its_claims_say():
    text = checked_prose(LOW_RESOURCE, OF_LOW_RESOURCE)
    claims = read_results(LOW_RESOURCE, "claims.csv")
    gains, lows = (measured(claims, "1", column) for column in ("measured", "low"))
    by_sparsity = (
        f"{gains[f'partial-{sparsity}, regular']:.2f} and {gains[f'full-{sparsity}, regular']:.2f} at {sparsity} %"
        for sparsity in (50, 70, 90)
    )
    assert "it is higher by {}, by {}, and by {}. None of these intervals contains 0.".format(*by_sparsity) in text
    assert min(lows.values()) > 0
    pruned = {re.search(r"\d\d", part)[0] for part in gains if part != "dense, regular"}
    asked = claims[claims["claim"].eq("1") & claims["part"].gt(0)]["text"].str.extract(r"(\d\d)")[0].nunique()
    assert f"*: at the {len(pruned)} of {asked} sparsities that both have)" in text
    lost_less = {re.search(r"\d\d", part)[0] for part in measured(claims, "3")}
    assert "*: at {} and {} %)".format(*sorted(lost_less)) in text
    there, here = verdicts_of(METHODS), verdicts_of(LOW_RESOURCE)
    assert {*verdicts_of(TOGETHER)[["1", "3"]]} == {"inconclusive"}
    assert "with 60 epochs for each model, as here, claims 1 and 3 are *inconclusive*." in text
    equal = ["1, at equal budget", "3, at equal budget"]
    assert {*here[equal]} == {"not tested"} and "claims 1 and 3 at equal budget are *not tested* here." in text
    assert {*there[equal]} == {"not replicated"} and "of Yoruba and Javanese, they are *not replicated*." in text
    most = measured(claims, "4, languages")
    assert most["at 50 %"] == most["at 70 %"] == 0
    assert "none of the four languages has a higher F1 at 50 or at 70 % partial than dense" in text
    sizes = claims[claims["claim"].eq("5, sizes") & claims["verdict"].eq("replicated")]["text"].tolist()
    assert sizes == ["partial-90: relative difference to dense, smallest size - others"]
    assert "For absolute F1, for 70 % and for full pruning this is open." in text

    gains = measured(claims, "7")
    of_50, of_70, of_90 = (
        [gains[f"multilingual, partial-{sparsity}, {test_set}"] for test_set in TEST_SETS[1:]]
        for sparsity in (50, 70, 90)
    )
    (mean,) = {printed_number(gain, 2) for gain in of_50}
    ranges = [printed_number(end(of), 2) for of in (of_70, of_90) for end in (max, min)]
    assert f"In the multilingual model it is {mean} at 50 % on each of the three sets, " in text
    assert "sets, {} to {} at 70 % and {} to {} at 90 %;".format(*ranges) in text
    verdicts = claims[claims["claim"].eq("7") & claims["verdict"].eq("inconclusive")]["text"].str.partition(":")[0]
    still_open = {part for part in verdicts if part.startswith("multilingual")}
    at_50 = {f"multilingual, partial-50, {test_set}" for test_set in TEST_SETS[1:]}
    assert still_open == at_50 | {"multilingual, partial-70, in-script"}
    assert "; 50 %, and 70 % in-script, are open" in text
    own = [part[21:23] for part, gain in measured(claims, "7", "paper").items() if gain < 0]
    assert "for Yoruba and Javanese, partial pruning loses at {} and {} %, too, where".format(*own) in text
    paper = pd.DataFrame([cell._asdict() for cell in read_published(ROOT / "resources" / "paper_f1.csv")])
    of_two, of_ten = (
        cells.groupby(["test_set", "scope", "sparsity"])["f1"].mean()
        for cells in (paper[paper["language"].isin(["yo", "jv"])], paper)
    )
    falls = [of_two["in-language", *cell] for cell in (("", 0), ("partial", 95), ("partial", 98))]
    assert "where F1 falls from {:.2f} to {:.2f} and {:.2f}, though its mean over ten".format(*falls) in text
    assert of_ten["in-language", "partial", 98] > of_ten["in-language", "", 0] and paper["language"].nunique() == 10
    at_70, *above = -claims[claims["claim"].eq("7, levels")]["paper"].dropna()
    assert f"differ from that at 50 % by {at_70:.2f} at 70 % and by {min(above):.2f} and more above." in text
    together = measured(claims, "8")
    together = [together[f"multilingual, full-{sparsity}, in-language"] for sparsity in (50, 70, 90)]
    assert "Together it is {:.2f}, {:.2f} and {:.2f} at 50, 70 and 90 %.".format(*together) in text
    margin = 0.02
    (criterion,) = {*claims[claims["claim"].eq("8, regular") & claims["part"].gt(0)]["criterion"]}
    assert criterion == f"from -{margin} to {margin}" and f"more than the margin of {margin}." in text
    full = {part[13:15]: difference for part, difference in measured(claims, "8, regular", "paper").items()}
    assert [sparsity for sparsity, difference in full.items() if abs(difference) > margin] == ["80", "90", "95", "98"]
    better, worse = (
        [f"{full[sparsity]:.2f}" for sparsity in ("80", "90")],
        {f"{-full[end]:.2f}" for end in ("95", "98")},
    )
    assert "better by {} and {} at 80 and 90 % and worse by {} at 95 and at 98 %.".format(*better, *worse) in text
    against = parts_tested(claims, "8, regular").query("verdict == 'not replicated'")
    assert [*against["text"].str[:17]] == ["monolingual, 90 %", "monolingual, 95 %"]
    parts = claims[claims["part"] > 0].groupby("claim")
    of_smallest = parts.get_group("8, low-resource")["verdict"]
    assert (of_smallest == "not replicated").sum() == 2 and "although two of the four parts contradict it" in text
    assert len(of_smallest) == 4 and "After adjustment for four parts, that is just not enough." in text

    of_9 = parts.get_group("9")
    near = of_9[of_9["text"].str.startswith(("dense", "partial-50", "full-50"))]
    apart = [near["measured"].abs().max(), near["detectable"].min(), near["detectable"].max()]
    assert (
        f"agree within {apart[0]:.2f} for dense models and at 50 %, but there the study could have shown only" in text
    )
    assert f"differences of {apart[1]:.2f} to {apart[2]:.2f}." in text


def test_the_page_of_low_resource_says_what_its_scores_say():
    text = prose(LOW_RESOURCE / "README.md")
    intervals = read_results(LOW_RESOURCE, "intervals.csv").query("group.isna()").fillna({"scope": ""})
    keys = ["setting", "statistic", "test_set", "language", "scope", "sparsity"]
    ends = intervals.set_index(keys)[["estimate", "low", "high"]].sort_index()

    def of_dense(setting, statistic, test_set, language):
        return ends.loc[(setting, statistic, test_set, language, "", 0), "estimate"]

    (gain,) = {f"{of_dense(MULTILINGUAL, 'multilingual_gain', REGULAR, code):.2f}" for code in ("yo", "jv")}
    assert f"With dense models, Yoruba and Javanese gain {gain} F1." in text
    of_swahili = ends.loc[MULTILINGUAL, "multilingual_gain", REGULAR, "sw"]
    above_0 = of_swahili[of_swahili["low"] > 0].index.tolist()
    assert above_0 == [("partial", 90)] and "as are all of its gains but that at 90 % partial." in text
    assert (of_swahili["high"] > 0).all() and len(of_swahili) > 6
    alone = {test_set: of_dense(MONOLINGUAL, "fraction", test_set, "mean") for test_set in TEST_SETS[1:3]}
    together = {test_set: of_dense(MULTILINGUAL, "fraction", test_set, "mean") for test_set in TEST_SETS[1:]}
    assert f"Alone they keep {alone['in-language']:.2f} of their regular F1 in-language" in text
    assert f"Dense models keep {alone['in-script']:.2f} in-script." in text
    of_yoruba = of_dense(MONOLINGUAL, "fraction", "in-family", "yo")
    assert f"In-family, Yoruba keeps {of_yoruba:.2f} and Swahili" in text and "collapse by our bound of 0.5." in text
    (others,) = {f"{together[test_set]:.2f}" for test_set in ("in-script", "in-family")}
    assert f"model keeps {together['in-language']:.2f} in-language and {others} in-script and in-family." in text

    to_paper = pd.read_csv(LOW_RESOURCE / "results" / "tables" / "published.csv").fillna({"scope": ""})
    dense = to_paper[to_paper["sparsity"] == 0].set_index(["test set", "language"])["theirs"]
    assert f"its dense models keep {(dense['in-language'] / dense['regular']).mean():.2f}." in text
    cells = to_paper[to_paper["test set"].eq("in-language") & to_paper["setting"].eq(MONOLINGUAL)]
    below = cells["theirs below"].eq("yes").sum()
    far_below = (cells["theirs"] < cells["chance floor low"]).sum()
    assert (
        f"In {below} of {len(cells)} monolingual in-language cells the paper's F1 lies below the chance floor" in text
    )
    assert f"in {far_below} of them below its whole interval." in text
    ours_below = cells[cells["ours below"].eq("yes")]
    assert {*ours_below["sparsity"]} == {98}
    assert f"the floor in {len(ours_below)} cells, all at 98 %, where it is" in text
    scores = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv")
    alone = scores[scores["training_set"] != MULTILINGUAL]
    means = alone.groupby(["test_set", "language", "variant"])[["f1", "chance_floor", "predicted"]].mean()
    for cell in ours_below.itertuples():
        mean = means.loc[REGULAR, cell.language, f"{cell.scope}-98"]
        assert mean["f1"] < mean["chance_floor"]
    nothing = means.xs("full-98", level="variant")
    assert (nothing["f1"] == 0).all() and "at 98 % they find no mention on any test set." in text
    little = means.loc["in-language", "jv", "full-95"]
    assert little["f1"] < 2 * little["chance_floor"] and "at 95 %, where Javanese has little left to lose;" in text
    partial = cells[cells["scope"].eq("partial") & cells["sparsity"].between(50, 90)]
    same, higher = (partial["difference low"] <= 0) & (partial["difference high"] >= 0), partial["difference low"] > 0
    assert same.sum() + higher.sum() == len(partial) and f"ours: in {same.sum()} of {len(partial)} the interval" in text
    assert f"contains 0, and in {higher.sum()} ours is higher." in text
    at_98 = to_paper[to_paper["test set"].eq(REGULAR) & to_paper["scope"].eq("partial") & to_paper["sparsity"].ge(90)]
    at_98 = at_98.set_index(["language", "sparsity"])[["theirs", "ours"]]
    assert f"the paper prints {at_98.loc[('jv', 98), 'theirs']:.2f} for Javanese, more than at 90 %" in text
    assert at_98.loc[("jv", 98), "theirs"] > at_98.loc[("jv", 90), "theirs"]
    ours = [f"{at_98.loc[(code, 98), 'ours']:.2f}" for code in ("jv", "yo")]
    assert "and {:.2f} for Yoruba; ours are {} and {}.".format(at_98.loc[("yo", 98), "theirs"], *ours) in text
    for test_set, language, scope in product((REGULAR, "in-language"), ("yo", "jv", "sw"), ("partial", "full")):
        f1 = means["f1"].loc[test_set, language]
        by_sparsity = [f1[f"{scope}-{level}"] for level in (50, 70, 80, 90, 95, 98) if f"{scope}-{level}" in f1]
        assert len(by_sparsity) >= 3 and by_sparsity == sorted(by_sparsity, reverse=True)
    assert (
        "our monolingual F1 on regular and in-language data is lower at each sparsity than at the one before." in text
    )

    fractions = ends.loc[MONOLINGUAL, "fraction"]
    perturbed = ["in-script", "in-family"]
    of_yoruba = fractions.query("language == 'yo' and test_set in @perturbed and scope != '' and 70 <= sparsity <= 95")
    kept = [of_yoruba["estimate"].min(), of_yoruba["estimate"].max()]
    assert len(of_yoruba) == 2 * 2 * 4 and kept[1] < 0.5
    assert (
        "All Yoruba models at 70 to 95 % keep less than 0.5 in-script and in-family ({:.2f} to {:.2f})".format(*kept)
        in text
    )
    assert (of_yoruba.query("sparsity == 80")["high"] < 0.5).all()
    assert (of_yoruba.query("sparsity == 90")["high"] >= 0.5).sum() == 1
    assert "is below 0.5 at 80 % and, but for one, at 90 %." in text
    of_swahili = fractions.query("language == 'sw' and scope != ''")["high"]
    assert (
        of_swahili.loc["in-family"].xs("sw").loc[lambda high: high.index.get_level_values("sparsity") >= 70] < 0.5
    ).all()
    assert (of_swahili.loc["in-script"].xs(90, level="sparsity") < 0.5).all()
    assert "for Swahili at 70 % and more in-family, and at 90 % in-script." in text

    missed = missed_by_another_seed(LOW_RESOURCE)
    assert f"a dense model misses {missed:.2f} of the mentions that a dense model of another seed finds." in text

    of_words = read_results(LOW_RESOURCE, "forgotten.csv").query(
        "statistic == 'forgotten_beyond_floor' and language == 'yo' and property == 'words' and test_set == 'regular' "
        "and setting == 'monolingual' and scope == 'partial' and sparsity == 90"
    )
    most = of_words.set_index("value").loc[of_words.set_index("value")["estimate"].idxmax()]
    assert most.name == "2" and "names of two words are forgotten most" in text
    assert f"of these {most['mentions']}" in text

    perturbed = ~scores["test_set"].isin([REGULAR, VALIDATION])
    findings = pd.read_csv(LOW_RESOURCE / "results" / "diagnosis.csv")["finding"].value_counts()
    assert f"{findings.sum()} of the {perturbed.sum()} perturbed scores are at most twice the upper end" in text
    of = [findings[finding] for finding in ("wrong on mentions", "all O", "labels permuted")]
    assert "In {} the mentions are wrong, and in {} hardly any mention is predicted. The other {},".format(*of) in text
    mentions = scores[scores["test_set"].eq(REGULAR)].groupby("language")["mentions"].first()
    assert f"Yoruba and Javanese contain only {mentions['yo']} and {mentions['jv']} mentions." in text


def test_the_page_of_low_resource_says_what_was_trained(tmp_path):
    study = unpacked(LOW_RESOURCE, tmp_path)
    text, sizes, runs = prose(LOW_RESOURCE / "README.md"), study.sizes(), study_runs(study.config)
    records = {run: read_json(study.runs[run] / "run.json") for run in runs}
    assert sizes["yo"] == sizes["jv"] == 100 and "in Yoruba and Javanese (100 training sentences each)" in text
    assert sizes["sw"] == sizes["te"] == 1000 and "Swahili and Telugu (1,000 each)" in text
    encoder = read_json(study.runs[runs[0]] / "config.json")
    assert f"({encoder['num_hidden_layers']} layers, {encoder['hidden_size']} wide;" in text
    assert (encoder["hidden_size"] / 768) ** 2 == 1 / 4
    assert "layers of this encoder have a quarter of the weights" in text
    of_two = [run for run in runs if run.training_set in ("yo", "jv")]
    others = [run for run in runs if run not in of_two]
    variants = {run.variant for run in of_two} - {"dense"}
    assert f"in all {len(variants)} pruned variants, with three seeds each ({len(of_two)} runs);" in text
    assert {run.seed for run in of_two} == {1, 2, 3} and {run.seed for run in others} == {1}
    assert f"the {len(of_two)} runs that have three." in text
    assert f"all four languages, each dense and at 50, 70 and 90 % partial and full ({len(others)} runs)" in text
    levels = {f"{scope}-{level}" for scope in ("partial", "full") for level in (50, 70, 90)}
    assert {*study.sizes()} == {"yo", "jv", "sw", "te"} and {run.variant for run in others} == {"dense", *levels}
    # the first runs recorded rounded sizes, on one machine, and the last ones exact sizes, on the other
    first = [run for run in runs if records[run]["weights_bytes"] % 100_000 == 0]
    last = [run for run in runs if run not in first]
    assert {run.sparsity for run in last if run.training_set == MULTILINGUAL} == {70, 90}
    assert {run.sparsity for run in first if run.training_set == MULTILINGUAL} == {0, 50}
    assert "The multilingual models at 70 and 90 % ran on the second one, those that are dense or at 50 %" in text
    hours = [sum(records[run]["seconds"] for run in of) / 3600 for of in (first, last)]
    assert f"The first {len(first)} runs took {hours[0]:.1f} hours on one core" in text
    assert f"(rounded to 0.1 MB for the first {len(first)} runs)" in text
    assert len(last) == 11 and f"The last eleven took {hours[1]:.1f} hours on one core" in text
    longest = max(records[run]["seconds"] for run in last if run.training_set == MULTILINGUAL) / 3600
    assert 1.9 < longest < 2 and "up to 2 hours per multilingual run" in text
    *of_swahili, slow = sorted(records[run]["seconds"] / 60 for run in last if run.training_set == "sw")
    assert (
        f"and {of_swahili[0]:.0f} to {of_swahili[-1]:.0f} minutes per Swahili run, one of which took {slow:.0f}."
        in text
    )
    steps = {run.training_set: record["steps"] for run, record in records.items()}
    assert steps["yo"] == steps["jv"] and "{multilingual:,} steps against {yo:,} for Yoruba".format(**steps) in text
    assert f"and {steps['sw']:,} for Swahili;" in text and "Swahili, with ten times their sentences, gains" in text


def test_the_page_of_methods_says_how_the_models_of_low_resource_were_trained(tmp_path):
    study, text = unpacked(LOW_RESOURCE, tmp_path), prose(METHODS / "README.md")
    dense = {name: Run(name, "dense", 1) for name in ("yo", MULTILINGUAL)}
    steps = {name: read_json(study.runs[run] / "run.json")["steps"] for name, run in dense.items()}
    schedules = {row["up_to"]: row for row in study.config["schedules"]}
    of_one, of_all = schedules[100], schedules[20000]
    assert steps[MULTILINGUAL] / steps["yo"] > 10 and "has ten times as many steps as those of Yoruba and" in text
    assert of_all["batch_size"] == 2 * of_one["batch_size"] and "twice the batch and the sentences of two more" in text
    assert of_one["end"] < steps["yo"]
    assert (
        f"in steps {of_all['start']:,} to {of_all['end']:,} of {steps[MULTILINGUAL]:,}, "
        f"not {of_one['start']} to {of_one['end']} of {steps['yo']}."
    ) in text
    assert f"with {study.config['finetuning']['epochs']} epochs each" in text


def ends_of_f1(folder: Path) -> dict[tuple[str, str, str, str, int], list[float]]:
    """Return F1 with the ends of its interval by setting, language, test set, scope and sparsity."""
    intervals = read_results(folder, "intervals.csv").query("statistic == 'f1' and group.isna()").fillna({"scope": ""})
    keys = ["setting", "language", "test_set", "scope", "sparsity"]
    return intervals.set_index(keys)[["estimate", "low", "high"]].T.to_dict("list")


def test_the_page_of_methods_prints_the_scores():
    scores = pd.read_csv(METHODS / "results" / "scores.csv")
    means = scores.groupby(["setting", "language", "test_set", "variant"])["f1"].mean()
    ends = ends_of_f1(METHODS)
    floors = scores.drop_duplicates(["language", "test_set"]).set_index(["language", "test_set"])["chance_floor"]
    tables = tables_of(METHODS / "README.md")
    sparsities = [cell.removesuffix(" %") for cell in tables[0][0][3:]]
    assert len(tables) == 2 and tables[0][0] == tables[1][0] and len(sparsities) == 3
    printed = set()
    for setting, (place, kind, dense, *numbers) in (
        (setting, row) for setting, (_, *rows) in zip((MONOLINGUAL, MULTILINGUAL), tables, strict=True) for row in rows
    ):
        name, test_set, floor = re.fullmatch(r"(\w+), ([a-z-]+) \((.*)\)", place).groups()
        language, (matrices, _, method) = CODES[name], kind.partition(", ")
        assert floor == f"{floors[language, test_set]:.3f}"
        variants = ["-".join(filter(None, [matrices, sparsity, SUFFIXES[method]])) for sparsity in sparsities]
        variants.insert(0, "dense-int8" if method == "int8" else "dense")
        scope = "-".join(filter(None, [matrices, SUFFIXES[method]]))
        places = [("dense-int8" if method == "int8" else "", 0), *((scope, int(sparsity)) for sparsity in sparsities)]
        for cell, variant, of_variant in zip([dense, *numbers], variants, places, strict=True):
            estimate, low, high = ends[setting, language, test_set, *of_variant]
            assert cell == cell_with_interval(estimate, low, high)
            assert estimate == pytest.approx(means[setting, language, test_set, variant], abs=1e-9)
        printed |= {(setting, language, test_set, variant) for variant in variants}
    assert printed == {place for place in means.index if place[2] in ("regular", "in-language")}, "a row is missing"


SUFFIXES = {"": "", "random": "random", "one-shot after": "after", "int8": "int8"}
"""What a variant's name ends with, by what the page calls the method."""


OF_METHODS = [
    (1, "claims", "own 2", "monolingual, partial-50, regular"),
    (1, "claims", "own 2", "monolingual, partial-70, regular"),
    (1, "claims", "own 2", "monolingual, partial-90, regular"),
    (1, "claims", "own 2", "monolingual, partial-50, in-language"),
    (1, "claims", "own 2", "monolingual, partial-70, in-language"),
    (1, "claims", "own 2", "monolingual, partial-90, in-language"),
    (-1, "intervals", "method_gain", "regular", "jv", "partial-random", 50),
    (-1, "intervals", "method_gain", "regular", "yo", "partial-random", 50),
    (-1, "intervals", "method_gain", "in-language", "yo", "partial-random", 90),
    (-1, "intervals", "method_gain", "in-language", "jv", "partial-random", 90),
    (-1, "intervals", "method_gain", "in-script", "mean", "partial-random", 50),
    (-1, "intervals", "method_gain", "in-script", "mean", "partial-random", 70),
    (-1, "intervals", "method_gain", "in-script", "mean", "partial-random", 90),
    (1, "claims", "1, at equal budget", "dense, regular"),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "yo", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "jv", "", 0),
    (1, "claims", "1, at equal budget", "partial-50, regular"),
    (1, "claims", "1, at equal budget", "full-50, regular"),
    (-1, "intervals", "multilingual", "multilingual_gain", "regular", "jv", "partial", 70),
    (-1, "claims", "1, at equal budget", "partial-90, regular"),
    (-1, "claims", "1, at equal budget", "full-90, regular"),
    (1, "intervals", "multilingual", "multilingual_gain", "in-language", "mean", "", 0),
    (-1, "claims", "3, at equal budget", "partial-90, regular"),
    (-1, "claims", "3, at equal budget", "full-90, regular"),
    (1, "claims", "own 3", "monolingual, partial-50, regular"),
    (1, "claims", "own 3", "monolingual, partial-70, regular"),
    (1, "claims", "own 3", "monolingual, partial-90, regular"),
    (1, "intervals", "f1", "regular", "mean", "partial-after", 70),
    (1, "intervals", "f1", "regular", "mean", "partial-random", 70),
    (1, "intervals", "f1", "regular", "mean", "partial-after", 90),
    (1, "intervals", "f1", "regular", "mean", "partial-random", 90),
    *((1, "claims", "own 3", f"multilingual, partial-{sparsity}, regular") for sparsity in (50, 70, 90)),
    (1, "claims", "own 4", "monolingual, 70 %, regular"),
    (1, "claims", "own 4", "monolingual, 90 %, regular"),
    (1, "intervals", "difference", "regular", "mean", "embeddings", 70),
    (1, "intervals", "difference", "regular", "yo", "embeddings", 90),
    (1, "intervals", "difference", "regular", "jv", "embeddings", 90),
    (1, "claims", "own 5", "monolingual, partial-90, regular"),
    (1, "intervals", "method_gain", "regular", "yo", "partial-int8", 90),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "claims", "6", "multilingual, dense, in-language"),
    (1, "claims", "7", "monolingual, partial-50, in-language"),
    (1, "claims", "7", "monolingual, partial-70, in-language"),
    (1, "claims", "7", "monolingual, partial-90, in-language"),
    *((1, "claims", "7", f"multilingual, partial-{sparsity}, in-language") for sparsity in (50, 70, 90)),
    (1, "claims", "8", "monolingual, full-50, in-language"),
    (1, "claims", "8", "monolingual, full-70, in-language"),
    (1, "claims", "8", "monolingual, full-90, in-language"),
    *((1, "claims", "8", f"multilingual, full-{sparsity}, in-language") for sparsity in (50, 70, 90)),
    (1, "claims", "8, regular", "monolingual, 90 %, regular"),
    (1, "claims", "8, regular", "multilingual, 90 %, regular"),
    (-1, "claims", "8, low-resource", "70 %, regular, 100 training sentences: F1 partial - dense"),
    (-1, "claims", "7, levels", "multilingual, in-script: fraction of regular F1 at 90 % - at 50 %"),
    (1, "claims", "8, low-resource", "50 %, regular, 100 training sentences: F1 partial - dense"),
    (1, "intervals", "fraction", "in-script", "mean", "", 0),
    (1, "intervals", "multilingual", "fraction", "in-script", "mean", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", 50),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", 70),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", 90),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "yo", "partial", 90),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "jv", "partial", 90),
    (-1, "claims", "9", "partial-90: fraction of regular F1, in-script - in-language"),
    (-1, "claims", "9", "full-90: fraction of regular F1, in-script - in-language"),
    (1, "intervals", "multilingual", "fraction", "in-script", "yo", "partial", 90),
    (1, "intervals", "multilingual", "fraction", "in-script", "jv", "partial", 90),
    (1, "forgotten", 70),
    (1, "forgotten", 90),
    (1, "forgotten", 50, "partial-random"),
    (1, "forgotten", 50, "partial-after"),
    (1, "forgotten", 70, "embeddings"),
    (1, "claims", "own 1", "multilingual, partial-90, regular"),
    (1, "claims", "own 1", "multilingual, full-90, regular"),
]
"""What the intervals of the page of methods are of, in their order (`ends_of`)."""


def int8_gains(intervals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of what int8 gains, each once, and those of them whose interval does not include 0."""
    gains = intervals[intervals["statistic"].eq("method_gain") & intervals["group"].isna()]
    gains = gains[gains["scope"].isin(["partial-int8", "dense-int8"])]
    gains = gains.drop_duplicates(["setting", "test_set", "language", "sparsity"])  # dense ones stand in two scopes
    return gains, gains[(gains["low"] > 0) | (gains["high"] < 0)]


def int8_margin(claims: pd.DataFrame) -> float:
    """Return by how much F1 may change in int8, by the criterion of all parts of the claim about it."""
    (criterion,) = {*claims[claims["claim"].eq("own 5") & claims["part"].gt(0)]["criterion"]}
    return float(re.fullmatch(r"from -(\d\.\d+) to \1", criterion)[1])


def test_every_number_of_the_page_of_methods_is_that_of_its_results():
    text = checked_prose(METHODS, OF_METHODS)
    claims = read_results(METHODS, "claims.csv")
    others = set(re.findall(r"\d\.\d\d+", INTERVAL.sub("", text)))
    of_diagnosis = {"0.176", "0.022", "0.170", "0.013"}  # of two scores
    assert others - of_diagnosis == {"0.02", "0.03", "0.05", "0.11"}, "of int8, seeds, docs/low-resource, scores"
    verdicts = verdicts_of(METHODS)
    assert len(VERDICT.findall(text)) == 18
    tested = parts_tested(claims)
    assert f"Of {len(tested)} parts that could be tested, {(tested['verdict'] != 'inconclusive').sum()} are" in text
    assert f"({decided(tested.drop_duplicates(['measured', 'low', 'high']))} if parts that two claims share" in text
    assert f"{decided(tested[tested['claim'] != 'own 5'])} without int8, where models are" in text
    there = read_results(LOW_RESOURCE, "claims.csv")
    hold = there[there["claim"].eq("own 1") & there["part"].gt(0) & there["verdict"].eq("replicated")]["text"]
    assert [*hold.str.partition(",")[0]] == [MULTILINGUAL] * 2 and hold.str.contains("-90, regular").all()
    assert "Two of its parts hold in docs/low-resource, together at 90 %" in text
    there = verdicts_of(LOW_RESOURCE)
    both = [claim for claim in {*tested["claim"]} & {*there.index} if there[claim] != "not tested"]
    decided_here = {claim for claim in both if there[claim] == "inconclusive" != verdicts[claim]}
    assert len(both) >= 12 and all(there[claim] == verdicts[claim] for claim in {*both} - decided_here)
    assert decided_here == {"7, levels", "8, low-resource", "9"}
    assert "No verdict of docs/low-resource is reversed; claim 7, levels, claim 8, low-resource, and claim 9" in text
    of_int8 = parts_tested(claims, "own 5")["verdict"]
    assert f"In {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts" in text
    assert int8_margin(claims) == 0.02 and "of the difference lies between −0.02 and 0.02." in text
    gains, without_0 = int8_gains(read_results(METHODS, "intervals.csv"))
    assert f"Of all {len(gains)} differences" in text
    assert f"where about {WORDS[round(0.05 * len(gains))]} would by chance." in text
    largest = without_0.loc[without_0["estimate"].abs().idxmax()]
    assert len(without_0) == 6 and "six have an interval that does not include 0" in text
    assert [*largest[["setting", "language", "test_set", "sparsity"]]] == [MONOLINGUAL, "yo", "regular", 90]


OF_TOGETHER = [
    (1, "claims", "1", "partial-90, regular"),
    (1, "claims", "1", "partial-50, regular"),
    (1, "claims", "1", "dense, regular"),
    (1, "claims", "1", "partial-70, regular"),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "yo", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "yo", "partial", 50),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "jv", "partial", 50),
    (1, "intervals", "multilingual", "multilingual_gain", "regular", "jv", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-language", "mean", "", 0),
    (1, "intervals", "multilingual", "multilingual_gain", "in-language", "mean", "partial", 50),
    (1, "claims", "3", "partial-70, regular"),
    (-1, "claims", "3", "partial-90, regular"),
    (-1, "intervals", "difference", "regular", "mean", "partial", 50),
    (-1, "intervals", "multilingual", "difference", "regular", "mean", "partial", 50),
    (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "", 0),
    *(
        (1, "intervals", "multilingual", "multilingual_gain", "in-script", "mean", "partial", sparsity)
        for sparsity in (50, 70, 90)
    ),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "claims", "6", "multilingual, dense, in-language"),
    (1, "claims", "6", "multilingual, dense, in-script"),
    *(
        (1, "claims", "7", f"{setting}, partial-{sparsity}, in-language")
        for setting in (MONOLINGUAL, MULTILINGUAL)
        for sparsity in (70, 90)
    ),
    (-1, "claims", "8, low-resource", "70 %, regular, 100 training sentences: F1 partial - dense"),
    *((1, "forgotten", setting, sparsity) for setting in (MONOLINGUAL, MULTILINGUAL) for sparsity in (70, 90)),
    (1, "claims", "own 1", "multilingual, partial-90, regular"),
]
"""What the intervals of the page of one model of two languages are of, as OF_METHODS."""


def test_the_page_of_one_model_of_two_languages_prints_the_scores_next_to_those_of_half_the_steps():
    of_models = {
        "alone": (MONOLINGUAL, ends_of_f1(TOGETHER)),
        "together": (MULTILINGUAL, ends_of_f1(TOGETHER)),
        "together, half the steps": (MULTILINGUAL, ends_of_f1(METHODS)),
    }
    floors = pd.read_csv(TOGETHER / "results" / "scores.csv").groupby(["language", "test_set"])["chance_floor"].first()
    ((header, *rows),) = tables_of(TOGETHER / "README.md")
    assert header == ["language, test set (chance floor)", "model", "dense", "50 %", "70 %", "90 %"]
    printed = []
    for place, model, *cells in rows:
        name, test_set, floor = re.fullmatch(r"(\w+), ([a-z-]+) \((.*)\)", place).groups()
        assert floor == f"{floors[CODES[name], test_set]:.3f}"
        setting, ends = of_models[model]
        for cell, variant in zip(cells, [("", 0), ("partial", 50), ("partial", 70), ("partial", 90)], strict=True):
            assert cell == cell_with_interval(*ends[setting, CODES[name], test_set, *variant]), (place, model)
        printed.append((name, test_set, model))
    assert printed == [*product(("Yoruba", "Javanese"), ("regular", "in-language", "in-script"), of_models)]


def test_every_number_of_the_page_of_one_model_of_two_languages_is_that_of_its_results():
    text = checked_prose(TOGETHER, OF_TOGETHER)
    claims = read_results(TOGETHER, "claims.csv")
    tested = parts_tested(claims)
    of_int8 = parts_tested(claims, "own 5")["verdict"]
    assert f"Of {len(tested)} parts that could be tested, {(tested['verdict'] != 'inconclusive').sum()} are" in text
    assert f"without the {len(of_int8)} about int8, {decided(tested[tested['claim'] != 'own 5'])} are." in text
    assert f"in {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts" in text and int8_margin(claims) == 0.02
    assert "of the difference lies between −0.02 and 0.02." in text
    mentions = pd.read_csv(TOGETHER / "results" / "scores.csv").query("test_set == 'regular'")
    total = mentions.groupby("language")["mentions"].first().sum()
    assert f"smaller than three seeds and {total} mentions can show" in text

    means = {
        folder: pd.read_csv(folder / "results" / "scores.csv")
        .groupby(["setting", "test_set", "variant", "seed"])["f1"]
        .mean()
        for folder in (TOGETHER, METHODS)
    }
    of_seeds = {}
    for test_set, variant in product(TEST_SETS[:3], ("dense", "partial-50", "partial-70", "partial-90")):
        here, there = (means[folder][MULTILINGUAL, test_set, variant][[1, 2, 3]] for folder in (TOGETHER, METHODS))
        of_seeds[test_set, variant] = here - there
    printed = {place: [printed_number(gain, 3) for gain in gains] for place, gains in of_seeds.items()}
    for test_set in TEST_SETS[:3]:
        here, there = (means[folder][MULTILINGUAL, test_set, "partial-90"] for folder in (TOGETHER, METHODS))
        assert (len(here), len(there)) == (3, 5) and here.min() > there.max()
        if test_set == REGULAR:
            assert f"with {here.min():.3f} to {here.max():.3f} against {there.min():.3f} to {there.max():.3f}." in text
    assert "on each test set, each of the three seeds is above all five seeds there, on regular data" in text
    assert (
        "Seed by seed (1 to 3), they gain {}, {} and {} on regular data, {}, {} and {} in-language, and {}, {} and {} "
        "in-script. "
        "At 70 % they gain {}, {} and {} on regular data, at 50 % {}, {} and {}. "
        "Dense, they gain {}, {} and {} on regular data, and lose {}, {} and {} in-script."
    ).format(
        *(number for test_set in TEST_SETS[:3] for number in printed[test_set, "partial-90"]),
        *(number for variant in ("partial-70", "partial-50", "dense") for number in printed[REGULAR, variant]),
        *(printed_number(-gain, 3) for gain in of_seeds["in-script", "dense"]),
    ) in text
    at_90 = ends_of((-1, "claims", "1, at equal budget", "partial-90, regular"), METHODS)
    assert f"F1 on regular data at 90 % is {at_90[0]:.2f} lower together than alone." in text and at_90[1] > 0
    relative = ends_of((-1, "claims", "3, at equal budget", "partial-90, regular"), METHODS)
    assert (
        f"With half the steps, the relative loss at 90 % is {relative[0]:.2f} larger together." in text
        and relative[1] > 0
    )
    alone, together = (means[TOGETHER][setting, REGULAR] for setting in (MONOLINGUAL, MULTILINGUAL))
    assert (together.reindex(alone.index) > alone).loc[["dense", "partial-50", "partial-70", "partial-90"]].all()
    assert "In all three seeds all four means are higher together." in text
    by_part = measured(claims, "1", "verdict")
    assert [name for name, verdict in by_part.items() if verdict == "replicated"] == ["partial-50, regular"]
    assert "**Together is better at 50 %; at the other sparsities it is open**" in text
    for sparsity in (70, 90):
        gain = (1, "intervals", MULTILINGUAL, "multilingual_gain", "in-language", "mean", "partial", sparsity)
        _, low, high = ends_of(gain, TOGETHER)
        assert low < 0 < high and "at 70 and 90 % that is open." in text
    in_script = (1, "intervals", MULTILINGUAL, "multilingual_gain", "in-script", "mean", "partial", 90)
    assert ends_of(in_script, METHODS)[1] < 0 and "With half the steps, no gain was visible at 90 %." in text
    there = measured(read_results(LOW_RESOURCE, "claims.csv"), "3", "verdict")
    smaller = {re.search(r"\d\d", part)[0] for part, verdict in there.items() if verdict == "replicated"}
    assert smaller == {"70", "90"} and "In docs/low-resource it is smaller at both sparsities." in text
    of_7 = measured(claims, "7", "verdict")
    assert {of_7[f"{setting}, partial-50, in-language"] for setting in SETTINGS} == {"inconclusive"}
    of_own_1 = parts_tested(claims, "own 1")["verdict"]
    assert (
        Counter(of_own_1) == {"inconclusive": 5, "replicated": 1} and "of six parts one is replicated, together" in text
    )


def test_the_page_of_one_model_of_two_languages_says_what_was_trained(tmp_path):
    study, text = unpacked(TOGETHER, tmp_path), prose(TOGETHER / "README.md")
    epochs, sizes, seeds = study.config["finetuning"]["epochs"], study.sizes(), WORDS[len(study.config["seeds"])]
    alone, together = {}, {}
    for run, path in study.runs.items():
        if run.method in ("", "magnitude"):
            (together if run.training_set == MULTILINGUAL else alone)[run] = read_json(path / "run.json")
    for records, sentences, words in (
        (alone, sizes["yo"], "{} fine-tunings of {:,} steps of 8 sentences, {:.0f} to {:.0f} minutes each,"),
        (together, sum(sizes.values()), "and {} of {:,} steps, {:.0f} to {:.0f} minutes each,"),
    ):
        (steps,) = {record["steps"] for record in records.values()}
        assert steps == math.ceil(sentences / 8) * epochs
        minutes = [record["seconds"] / 60 for record in records.values()]
        assert words.format(len(records), steps, min(minutes), max(minutes)) in text
    schedules = {tuple(row[key] for key in ("batch_size", "start", "end")) for row in study.config["schedules"]}
    assert schedules == {(8, 10, 60)} and "All are pruned in steps 10 to 60." in text
    assert sizes == {"yo": 100, "jv": 100} and "the same two languages (100 training sentences each)" in text
    assert f"{epochs} epochs for every model" in text and f"with {seeds} seeds: " in text
    assert f"Means over {seeds} seeds" in text and {*study.config["pruning"]["sparsities"]} == {50, 70, 90}
    assert "to 50, 70 and 90 %, with three seeds" in text
    paper = yaml.safe_load((ROOT / "config.yaml").read_text())
    last = paper["schedules"][-1]
    assert epochs == paper["finetuning"]["epochs"]
    assert f"{last['start']:,} to {last['end']:,} of batches of {last['batch_size']}, do not fit:" in text
    batches = math.ceil(sum(sizes.values()) / last["batch_size"]) * epochs
    assert f"{epochs} epochs of {sum(sizes.values())} sentences are only {batches} such batches." in text
    of_methods = yaml.safe_load((METHODS / "results" / "config.yaml").read_text())
    halved = of_methods["schedules"][-1]
    assert f"with {halved['steps']} steps and {WORDS[len(of_methods['seeds'])]} seeds." in text
    assert (halved["batch_size"], halved["start"], halved["end"]) in schedules
    (steps,) = {record["steps"] for record in together.values()}
    assert (
        1.9 < steps / halved["steps"] < 2 and "- **With twice the steps, " in text and "With half the steps (" in text
    )
    assert "better at 90 % than those with half the steps: on each" in text and "*Half the steps* are" in text


OF_SWAHILI = [
    *(
        (1, "intervals", "difference", test_set, "sw", "partial", sparsity)
        for sparsity in (50, 70, 90)
        for test_set in ("regular", "in-language")
    ),
    (-1, "claims", "7, levels", "monolingual, in-language: fraction of regular F1 at 90 % - at 50 %"),
    (-1, "claims", "7, levels", "monolingual, in-language: fraction of regular F1 at 70 % - at 50 %"),
    *(
        (1, "intervals", "difference", test_set, "sw", "partial", sparsity)
        for sparsity in (50, 70, 90)
        for test_set in ("in-script", "in-family")
    ),
    *(
        (1, "there", "difference", test_set, "sw", "partial", sparsity)
        for sparsity in (50, 70, 90)
        for test_set in ("in-script", "in-family")
    ),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "intervals", "fraction", "in-script", "sw", "", 0),
    (1, "intervals", "fraction", "in-family", "sw", "", 0),
    *((1, "intervals", "fraction", "in-family", "sw", "partial", sparsity) for sparsity in (50, 70, 90)),
    *((1, "intervals", "fraction", "in-script", "sw", "partial", sparsity) for sparsity in (90, 50, 70)),
    *((1, "forgotten", sparsity) for sparsity in (50, 70, 90)),
    *((1, "forgotten", sparsity, "partial", "in-script") for sparsity in (50, 70)),
    *((1, "forgotten", sparsity, "partial", "in-family") for sparsity in (50, 70)),
    *((1, "claims", "own 1", f"monolingual, partial-{sparsity}, regular") for sparsity in (70, 90, 50)),
    *((1, "claims", "own 3", f"monolingual, partial-{sparsity}, regular") for sparsity in (70, 90)),
    (1, "claims", "own 3", "monolingual, partial-50, in-language"),
    (1, "claims", "own 3", "monolingual, partial-50, regular"),
    (1, "intervals", "f1", "regular", "sw", "partial-after", 70),
    (1, "intervals", "f1", "regular", "sw", "partial-after", 90),
]
"""What the intervals of the page of Swahili are of, as OF_METHODS."""


MODELS = {
    "dense": ("", 0),
    "partial 50": ("partial", 50),
    "partial 70": ("partial", 70),
    "partial 90": ("partial", 90),
    "full 50": ("full", 50),
    "full 70": ("full", 70),
    "full 90": ("full", 90),
    "one-shot 50": ("partial-after", 50),
    "one-shot 70": ("partial-after", 70),
    "one-shot 90": ("partial-after", 90),
    "dense, int8": ("dense-int8", 0),
    "partial 50, int8": ("partial-int8", 50),
    "partial 70, int8": ("partial-int8", 70),
    "partial 90, int8": ("partial-int8", 90),
}
"""Scope and sparsity of the models in the tables of the pages of one language, by their names there."""


def printed_f1(folder: Path) -> dict[tuple[str, str, int], str]:
    """Return the F1 of the only language of a study, with interval, as pages print it, by test set, scope, sparsity."""
    intervals = read_results(folder, "intervals.csv").query("statistic == 'f1' and group.isna()")
    intervals = intervals[~intervals["language"].isin(["mean", "median"])].fillna({"scope": ""})
    assert intervals["language"].nunique() == 1
    rows = intervals[["test_set", "scope", "sparsity", "estimate", "low", "high"]].itertuples(index=False)
    return {(row.test_set, row.scope, row.sparsity): cell_with_interval(*row[3:]) for row in rows}


def printed_floors(folder: Path) -> dict[str, str]:
    """Return the test sets of a study of one language as its page names them: with the chance floor in brackets."""
    floors = pd.read_csv(folder / "results" / "scores.csv").groupby("test_set")["chance_floor"].first()
    return {test_set: f"{test_set} ({floor:.3f})" for test_set, floor in floors.items() if test_set != VALIDATION}


def rows_of_one_language(folder: Path, *columns: str) -> list[list[str]]:
    """Return the rows of the table of F1 of a page of one language, which is that of its results; columns: beyond."""
    f1, floors = printed_f1(folder), printed_floors(folder)
    ((header, *rows),) = tables_of(folder / "README.md")
    assert header == ["model", *(floors[test_set] for test_set in TEST_SETS), *columns]
    for model, *cells in rows:
        assert cells[: len(TEST_SETS)] == [f1[test_set, *MODELS[model]] for test_set in TEST_SETS], model
    names = [row[0] for row in rows]
    assert names == [model for model in MODELS if model in names] and len(f1) == len(rows) * len(TEST_SETS)
    return rows


def prose_of_one_language(folder: Path, places: list[tuple]) -> str:
    """Return the prose of the page of a study of one language, whose intervals and verdicts are its results'."""
    claims = read_results(folder, "claims.csv")
    scores = pd.read_csv(folder / "results" / "scores.csv")
    text = checked_prose(folder, places)
    tested = parts_tested(claims)
    assert f"Of {len(tested)} parts that could be tested, {(tested['verdict'] != 'inconclusive').sum()} are" in text
    assert f"{scores[scores['test_set'].eq('regular')]['mentions'].iloc[0]:,} mentions" in text
    methods = Counter(run.method for run in study_runs(yaml.safe_load((folder / "results/config.yaml").read_text())))
    assert f"{methods[''] + methods['magnitude']} fine-tunings of" in text
    assert f"From the dense models, {methods['after']} more were pruned" in text
    return text


def test_the_page_of_swahili_prints_its_results():
    rows_of_one_language(SWAHILI)
    text = prose_of_one_language(SWAHILI, OF_SWAHILI)
    claims = read_results(SWAHILI, "claims.csv")
    scores = pd.read_csv(SWAHILI / "results" / "scores.csv")
    f1 = scores.set_index(["variant", "test_set", "seed"]).sort_index()
    of_one = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv").query("training_set == 'sw' and seed == 1")
    of_one = of_one.set_index(["variant", "test_set"])["f1"]
    by_seed, by_itself, pooled, around, spreads, by_type, here_and_there = ([] for _ in range(7))
    most_in_seeds = set()
    for test_set in ("in-script", "in-family"):
        dense, pruned = (f1.loc[variant, test_set] for variant in ("dense", "partial-50"))
        differences = pruned["f1"] - dense["f1"]
        by_seed.append("{}, {}, {} and {}".format(*(printed_number(number, 3) for number in differences.sort_index())))
        assert sorted(differences < -0.05) == [False, True, True, True] and max(differences) > -0.004
        spreads.append([f"{scores_of['f1'].std():.3f}" for scores_of in (dense, pruned)])
        both = [*differences, of_one["partial-50", test_set] - of_one["dense", test_set]]
        for numbers, intervals_of in ((differences, by_itself), (both, around)):
            intervals_of.append(" to ".join(printed_number(end, 3) for end in interval_of_seeds(numbers)))
        pooled.append(printed_number(np.mean(both), 3))
        by_type.append(f"{dense['f1_ORG'].mean():.2f} to {pruned['f1_ORG'].mean():.2f} {test_set}")
        losses = dense[["f1_PER", "f1_ORG", "f1_LOC"]] - pruned[["f1_PER", "f1_ORG", "f1_LOC"]]
        assert losses.mean().idxmax() == "f1_ORG"
        most_in_seeds |= {*losses.idxmax(axis=1)}
        here_and_there += [
            (of_one[variant, test_set], scores_of["f1"].min(), scores_of["f1"].max())
            for variant, scores_of in (("dense", dense), ("partial-50", pruned))
        ]
    mentions = scores[scores["test_set"].eq("regular")]["mentions"].iloc[0]
    assert f"shows; pruning more costs F1.** The test set has {mentions:,} mentions." in text
    assert "worse in three of four seeds and equal in the fourth" in text
    assert "by seed it is {} in-script, {} in-family".format(*by_seed) in text
    assert f"the intervals are {' and '.join(by_itself)}. Ours" in text
    in_language = f1.loc["dense", "in-language"]["f1"].std()
    dense, pruned = (" and ".join(spread) for spread in zip(*spreads, strict=True))
    assert f"(standard deviation {dense}) than in-language ({in_language:.3f})" in text
    assert f"and more than F1 at 50 % does ({pruned}), so ours are probably too narrow here." in text
    (dense_script, pruned_script, dense_family, pruned_family) = here_and_there
    for (first, *ends), (second, *others), where in (
        (dense_script, dense_family, "({} and {}; ours are {} to {} and {} to {})"),
        (pruned_script, pruned_family, "({} and {}; ours are {} to {} and {} to {})"),
    ):
        assert where.format(*(f"{number:.3f}" for number in (first, second, *ends, *others))) in text
    assert all(there > highest for there, _, highest in (pruned_script, pruned_family))
    shots = f1.loc["partial-50", "regular"]["f1"] - f1.loc["partial-50-after", "regular"]["f1"]
    assert f"all four seeds lose more, by {shots.min():.3f} to {shots.max():.3f}" in text
    floor = scores[scores["test_set"].eq("regular")]["chance_floor"].iloc[0]
    assert f1.loc["partial-90-after", "regular"]["f1"].mean() < floor and "below the chance floor." in text
    here, before = (
        [
            ends_of((1, "intervals", "difference", test_set, "sw", "partial", 50), folder)
            for test_set in ("in-script", "in-family")
        ]
        for folder in (SWAHILI, LOW_RESOURCE)
    )
    contained = [low < value < high for (value, *_), (_, low, high) in zip(here, before, strict=True)]
    assert contained == [True, False] and "the first contains the mean found here, the second does not." in text
    assert all(low < 0 < high for _, low, high in before) and "Both intervals contain 0;" in text
    assert f"the mean differences are {' and '.join(pooled)}, and an interval" in text
    assert f"(Student's t) is {' and '.join(around)}." in text
    assert f"On average organisations lose most: their F1 falls from {' and from '.join(by_type)}; in some" in text
    assert most_in_seeds == {"f1_ORG", "f1_LOC", "f1_PER"} and "in some seeds locations or persons lose more." in text
    for sparsity in (70, 90):
        for test_set in ("in-script", "in-family"):
            assert (f1.loc[f"partial-{sparsity}", test_set]["f1"] < f1.loc["dense", test_set]["f1"]).all()
    assert "; at both, all four seeds are worse." in text
    with_0 = {}
    for sparsity, test_set in product((70, 90), ("in-script", "in-family")):
        differences = f1.loc[f"partial-{sparsity}", test_set]["f1"] - f1.loc["dense", test_set]["f1"]
        low, high = interval_of_seeds(differences)
        if low < 0 < high:
            with_0[sparsity, test_set] = f"{printed_number(low, 3)} to {printed_number(high, 3)}"
    (interval,) = with_0.values()
    assert {*with_0} == {(70, "in-family")} and f"at 70 % in-family contains 0 ({interval})." in text
    kept = {
        (test_set, *of): ends_of((1, "intervals", "fraction", test_set, "sw", *of), SWAHILI)[2]
        for test_set in ("in-script", "in-family")
        for of in (("", 0), ("partial", 50), ("partial", 70), ("partial", 90))
    }
    collapsed = {place for place, high in kept.items() if high < 0.5}
    assert {place for place in kept if place[0] == "in-family"} == collapsed - {("in-script", "partial", 90)}
    assert ("in-script", "partial", 90) in collapsed and "In-script, only models at 90 % are below it, with" in text
    levels = parts_tested(claims, "7, levels")
    assert [*levels["verdict"]] == ["inconclusive", "not replicated"]  # at 70 and at 90 %
    assert {*levels["criterion"]} == {"from -0.05 to 0.05"}
    assert "whether that is more than the margin of 0.05 is open." in text
    tested, of_int8 = parts_tested(claims), parts_tested(claims, "own 5")["verdict"]
    trained = tested[tested["claim"] != "own 5"]
    assert len(of_int8) == 8 and f"without the eight about int8, {decided(trained)} are." in text
    assert f"in {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts, the whole interval" in text
    assert int8_margin(claims) == 0.02 and "of the difference lies between −0.02 and 0.02." in text
    gains, without_0 = int8_gains(read_results(SWAHILI, "intervals.csv").query("language == 'sw'"))
    assert without_0.empty and f"All {len(gains)} intervals, of four models on four test sets, include 0." in text
    assert gains[["sparsity", "test_set"]].nunique().tolist() == [4, 4]
    twice = tested[tested.duplicated(["measured", "low", "high"], keep=False)]
    assert [*twice["claim"]] == ["7", "8, robustness"] and twice["text"].str.contains("50.*in-language").all()
    assert "One difference, in-language at 50 %, is a part of two claims, 7 and 8, robustness." in text
    missed = {test_set: missed_by_another_seed(SWAHILI, test_set) for test_set in TEST_SETS}
    assert f"In-script, where another seed misses {missed['in-script']:.2f}, pruned models miss another" in text
    assert f"in-family, where it misses {missed['in-family']:.2f}, another" in text
    assert f"one of another seed misses {missed[REGULAR]:.2f}." in text
    losses = [-float(value[0]) for value in here]
    of_readme = (
        f"costs {min(losses):.2f} to {max(losses):.2f} F1 on other languages' names on average, but nothing in one"
    )
    link = "[Swahili](docs/low-resource-swahili/README.md) with four seeds"
    assert f"{link}, pruning half of the layers' weights {of_readme} of them" in running_text(ROOT / "README.md")


@needs_wikiann
def test_the_pages_of_one_language_count_the_names_that_their_test_sets_put_in():
    put_in = {
        (code, test_set): known_mentions([corpus])
        for folder in OF_ONE_LANGUAGE
        for code, test_set, corpus in built_sets(yaml.safe_load((folder / "results" / "config.yaml").read_text()))
        if code in ("sw", "hi")
    }
    of_hindi = [len(put_in["hi", test_set]) for test_set in ("in-family", "in-script")]
    assert "For 1,228 mentions there are {} different names in-family and {} in-script.".format(*of_hindi) in prose(
        HINDI / "README.md"
    )
    types = Counter(type for type, _ in put_in["sw", "in-family"])
    text = prose(SWAHILI / "README.md")
    assert f"{types.total()} of Yoruba ({types['ORG']} of them organisations) take the place of all 1,194" in text
    assert f"mentions in-family, {len(put_in['sw', 'in-script'])} in-script." in text


OF_HINDI = [
    (1, "intervals", "fraction", "in-language", "hi", "", 0),
    (1, "claims", "6", "monolingual, dense, in-language"),
    (1, "intervals", "fraction", "in-script", "hi", "", 0),
    (1, "intervals", "fraction", "in-family", "hi", "", 0),
    (1, "claims", "7", "monolingual, partial-50, in-language"),
    (1, "claims", "7", "monolingual, partial-70, in-language"),
    (1, "claims", "7", "monolingual, partial-90, in-language"),
    (1, "intervals", "fraction", "in-language", "hi", "partial", 50),
    (1, "intervals", "fraction", "in-language", "hi", "partial", 90),
    (1, "intervals", "fraction", "in-family", "hi", "partial", 50),
    (1, "intervals", "fraction", "in-family", "hi", "partial", 70),
    (1, "intervals", "fraction", "in-family", "hi", "partial", 90),
    (1, "intervals", "fraction", "in-script", "hi", "partial", 70),
    (1, "intervals", "fraction", "in-script", "hi", "partial", 90),
    (1, "intervals", "difference", "in-script", "hi", "partial", 50),
    (1, "intervals", "difference", "in-family", "hi", "partial", 50),
    (1, "intervals", "difference", "in-script", "hi", "partial", 70),
    (1, "intervals", "difference", "in-family", "hi", "partial", 70),
    (1, "intervals", "difference", "regular", "hi", "partial", 50),
    (1, "intervals", "difference", "regular", "hi", "partial", 70),
    (1, "intervals", "difference", "regular", "hi", "partial", 90),
    (1, "claims", "8", "monolingual, full-50, in-language"),
    (1, "claims", "8", "monolingual, full-70, in-language"),
    (1, "claims", "8", "monolingual, full-90, in-language"),
    (1, "claims", "8, regular", "monolingual, 50 %, regular"),
    (-1, "claims", "8, regular", "monolingual, 70 %, regular"),
    (-1, "claims", "8, regular", "monolingual, 90 %, regular"),
    (1, "claims", "own 3", "monolingual, partial-50, regular"),
    (1, "claims", "own 3", "monolingual, partial-70, regular"),
    (1, "claims", "own 3", "monolingual, partial-90, regular"),
    (1, "forgotten", 50),
    (1, "forgotten", 70),
    (1, "forgotten", 90),
    (1, "forgotten", 70, "partial", "in-family"),
    (1, "intervals", "method_gain", "in-script", "hi", "dense-int8", 0),
]
"""What the intervals of the page of Hindi are of, as OF_METHODS."""


def test_the_page_of_hindi_prints_its_results_next_to_those_of_the_paper():
    f1 = printed_f1(HINDI)
    published = read_published(ROOT / "resources" / "paper_f1.csv")
    published = [cell for cell in published if (cell.setting, cell.language) == (MONOLINGUAL, "hi")]
    theirs = {(cell.test_set, cell.scope, cell.sparsity): f"{cell.f1:.3f}" for cell in published}
    of_paper = {"regular": "the paper, regular", "in-language": "the paper, perturbed"}
    for model, *cells in rows_of_one_language(HINDI, *of_paper.values()):
        assert cells[len(TEST_SETS) :] == [theirs.get((test_set, *MODELS[model]), "–") for test_set in of_paper], model

    text = prose_of_one_language(HINDI, OF_HINDI)
    claims, intervals = (read_results(HINDI, name) for name in ("claims.csv", "intervals.csv"))
    f1_of = {cell[1:-1]: cell.f1 for cell in published}  # by test set, scope, language and sparsity
    gains = {
        (test_set, sparsity): f1_of[test_set, "partial", "hi", sparsity] - f1_of[test_set, "", "hi", 0]
        for test_set in of_paper
        for sparsity in (50, 70, 90)
    }
    assert f"In the paper it is +{gains['in-language', 50]:.3f} at 50 %" in text
    gain, *losses = (gains["regular", sparsity] for sparsity in (50, 70, 90))
    assert f"a gain of {gain:.3f} at 50 %, and losses of {-losses[0]:.3f} and {-losses[1]:.3f}." in text
    full = [theirs["in-language", "full", sparsity] for sparsity in (50, 70, 90)]
    assert "The paper prints {}, {} and {} in-language.".format(*full) in text
    partial = [theirs["in-language", "partial", sparsity] for sparsity in (50, 70, 90)]
    assert "are not: {}, {} and {} at 50, 70 and 90 %.".format(*partial) in text
    assert f"prints {theirs['in-language', '', 0]} in-language, below" in text
    to_theirs = pd.read_csv(HINDI / "results" / "tables" / "published.csv").fillna({"scope": ""})
    to_theirs = to_theirs.set_index(["test set", "scope", "sparsity"])
    to_theirs = to_theirs[["difference", "difference low", "difference high"]]
    less = -to_theirs.loc["in-language", "partial", 90].to_numpy()[[0, 2, 1]]  # low and high change places
    for words, differences in (
        ("(difference {}, {} to {})", to_theirs.loc["regular", "", 0]),
        ("ours have {} more ({} to {})", to_theirs.loc["in-language", "partial", 50]),
        ("the same ({} more, {} to {})", to_theirs.loc["in-language", "partial", 70]),
        ("and {} less ({} to {}).", less),
    ):
        assert words.format(*(printed_number(number, 3) for number in differences)) in text
    costs = [
        f1_of["regular", "partial", "hi", sparsity] - f1_of["regular", "full", "hi", sparsity]
        for sparsity in (50, 70, 90)
    ]
    assert "its own numbers for Hindi lose {:.3f}, {:.3f} and {:.3f}.".format(*costs) in text
    scores = pd.read_csv(HINDI / "results" / "scores.csv")
    floor = scores[scores["test_set"].eq("in-language")]["chance_floor"].iloc[0]
    by_seed = scores[scores["test_set"].eq("regular")].set_index(["variant", "seed"]).sort_index()["f1"]
    shots, pruned = by_seed["partial-90-after"], by_seed["partial-90"]
    lost = pruned - shots
    assert "F1 on regular data is {:.3f}, {:.3f} and {:.3f}, none of it inside".format(*shots) in text
    low, high = map(float, re.findall(r"\.\d\d", f1["regular", "partial-after", 90].split(" ", 1)[1]))
    assert not any(low <= value <= high for value in shots) and max(shots) < min(pruned)
    assert f"All three seeds lose, by {lost.min():.2f} to {lost.max():.2f}." in text
    unseen = scores[scores["variant"].eq("dense")].groupby("test_set")["unseen_share"].first()
    shares = [f"{100 * unseen[test_set]:.0f} %" for test_set in TEST_SETS]
    assert (
        "{} are not in the training data on regular data, {} in-language, {} in-script and {} in-family.".format(
            *shares
        )
        in text
    )
    assert f"one of another seed misses {missed_by_another_seed(HINDI):.2f};" in text
    in_family, regular = (ends_of((1, "forgotten", 70, "partial", name), HINDI)[0] for name in ("in-family", REGULAR))
    assert 1.8 < in_family / regular < 2.2 and "twice as much" in text
    perturbed = [cell for cell in published if cell.test_set == "in-language"]
    assert all((cell.f1 < floor) == (cell.scope != "partial") for cell in perturbed)
    of_both = ((-1, "intervals", "difference", test_set, "hi", "partial", 50) for test_set in (REGULAR, "in-language"))
    (loss,) = {f"{ends_of(place, HINDI)[0]:.2f}" for place in of_both}
    of_readme = f"(6 epochs) it costs {loss} on regular data and on its own names."
    assert f"[Hindi](docs/mid-resource/README.md) {of_readme}" in running_text(ROOT / "README.md")
    tested = parts_tested(claims)
    assert [*parts_tested(claims, "7, levels")["verdict"]] == ["replicated", "inconclusive"]  # 70 and 90 %
    assert "(claim 7, levels, *inconclusive*; at 70 % it does)" in text
    most = max(abs(end) for end in ends_of((1, "claims", "8, regular", "monolingual, 50 %, regular"), HINDI))
    assert f"makes no difference beyond {most:.3f} at 50 %" in text and int8_margin(claims) == 0.02
    assert "the whole interval of the difference lies between −0.02 and 0.02." in text
    assert len({cell.language for cell in read_published(ROOT / "resources" / "paper_f1.csv")}) == 10
    assert "one of the ten languages whose F1 the paper prints" in text
    of_int8 = parts_tested(claims, "own 5")["verdict"]
    assert f"in {(of_int8 == 'replicated').sum()} of {len(of_int8)} parts" in text
    once = tested[tested["claim"] != "own 5"].drop_duplicates(["measured", "low", "high"])
    assert f"{decided(once)} are. Three seeds" in text
    repeated = len(tested) - len(of_int8) - len(once)
    assert (len(of_int8), repeated) == (8, 3) and "Eight of these are about int8, and three repeat" in text
    gains, without_0 = int8_gains(intervals[intervals["language"].eq("hi")])
    assert f"Of all {len(gains)} differences, one has an interval that does not include 0" in text
    assert without_0[["test_set", "sparsity"]].to_numpy().tolist() == [["in-script", 0]]


def test_what_the_pages_leave_open_is_open():
    for folder, words, claim, parts in (
        (LOW_RESOURCE, "At 50 and 70 % it is open, and so is all of it alone", "own 1", r"multi.*-[57]0|mono"),
        (METHODS, "at 90 % full; at 70 % it is not decided.", "3, at equal budget", "-70"),
        (METHODS, "At 70 % the mean is open, but", "1, at equal budget", "-70"),
    ):
        of_claim = parts_tested(read_results(folder, "claims.csv"), claim)
        verdicts = of_claim[of_claim["text"].str.match(f".*{parts}")]["verdict"]
        assert words in prose(folder / "README.md") and {*verdicts} == {"inconclusive"}
    for folder, words, place in (
        (LOW_RESOURCE, "and 0.39 (0.34 to 0.44) at 90 %; at 50 % this is open.", ("forgotten", 50)),
        (METHODS, "At 50 % this is open. There, models with random", ("forgotten", 50)),
        (
            METHODS,
            "for Javanese it is open, −0.02",
            ("intervals", MULTILINGUAL, "multilingual_gain", "regular", "jv", "", 0),
        ),
    ):
        _, low, high = ends_of((1, *place), folder)
        assert words in prose(folder / "README.md") and low < 0 < high


def test_the_page_of_methods_says_at_which_sparsities_what_is_decided():
    text = prose(METHODS / "README.md")

    def replicated(claim, folder=METHODS):
        claims = read_results(folder, "claims.csv")
        parts = claims[claims["claim"].eq(claim) & claims["verdict"].eq("replicated")]["text"]
        return {*parts.str.extract(r"(\d\d)(?: %|,)")[0].astype(int)}

    assert replicated("own 4") == {70, 90}
    assert "(own 4, *inconclusive*: replicated at 70 and 90 %, open at 50 %)" in text
    assert "**Embeddings cost less than linear layers at 70 and 90 %**" in text
    assert replicated("3", LOW_RESOURCE) == {70, 90} and "In docs/low-resource it is smaller at 70 and 90 %." in text
    for language in ("yo", "jv"):
        place = (1, "intervals", MULTILINGUAL, "difference", "regular", language, "partial", 70)
        assert ends_of(place, METHODS)[2] < 0 and "At 70 % both languages lose." in text
    verdicts = verdicts_of(LOW_RESOURCE)
    there = [verdict.startswith("replicated") for verdict in verdicts[["1", "3"]]]
    assert all(there) and "Claims 1 and 3, which are replicated there, are tested here at equal budget only." in text


def test_the_page_of_methods_counts_its_runs_and_mentions():
    text = running_text(METHODS / "README.md")
    config = yaml.safe_load((METHODS / "results" / "config.yaml").read_text())
    runs = study_runs(config)
    alone, together = config["schedules"]
    seeds = WORDS[len(config["seeds"])]
    assert f"with {seeds} seeds: " in text and f"Means over {seeds} seeds" in text
    assert f"there are {seeds} seeds" in text
    assert f"three of {seeds} seeds ran on other processors" in text
    assert f"gradual magnitude pruning of {WORDS[len(config['pruning']['scopes'])]} scopes" in text
    assert f"Yoruba and Javanese of real WikiAnn ({alone['up_to']} training sentences each)" in text
    assert [alone[key] for key in ("start", "end", "frequency", "batch_size")] == (
        [together[key] for key in ("start", "end", "frequency", "batch_size")]
    )
    assert f"has {together['steps']} steps of up to {together['batch_size']} sentences, as those of one" in text
    assert math.ceil(alone["up_to"] / alone["batch_size"]) * config["finetuning"]["epochs"] == together["steps"]
    assert f"multiples of {piece_multiple('bf16', torch.device('cpu'))} word pieces" in text
    assert config["diagnosis"]["floor_factor"] == 2 and "no more than twice the chance floor's upper end" in text
    methods = Counter(run.method for run in runs)
    trained = methods[""] + methods["magnitude"] + methods["random"]
    dense = sum(run.variant == "dense-int8" for run in runs)
    assert f"{trained} fine-tunings, and {methods['after']} models pruned after training" in text
    assert f"The {dense} dense models and the {methods['int8'] - dense} pruned by magnitude" in text
    scores = pd.read_csv(METHODS / "results" / "scores.csv")
    mentions = scores[scores["test_set"] == "regular"].groupby("language")["mentions"].first()
    assert f"only {mentions['yo']} and {mentions['jv']} mentions" in text
    of_both = scores[scores["setting"].eq(MULTILINGUAL) & scores["test_set"].eq("in-script")]
    unseen = of_both.groupby("language")["unseen_share"].first()
    assert f"do not have {100 * unseen['jv']:.0f} and {100 * unseen['yo']:.0f} % of these mentions" in text
    late = scores[scores["seed"].ge(4) & scores["test_set"].eq("regular")]
    by_setting = late.groupby(["setting", "variant", "language"])["f1"].mean().groupby(["setting", "variant"]).mean()
    gains = by_setting[MULTILINGUAL] - by_setting[MONOLINGUAL]
    assert f"the gains at 50 % are {gains['partial-50']:.2f} and {gains['full-50']:.2f}" in text
    assert gains["dense"] > 0 > max(gains["partial-90"], gains["full-90"]) and "have the same signs" in text
    diagnosis = pd.read_csv(METHODS / "results" / "diagnosis.csv")
    perturbed = scores["test_set"].isin(["in-language", "in-script"]).sum()
    assert f"{len(diagnosis)} of {perturbed} perturbed scores" in text
    assert "misaligned" not in set(diagnosis["finding"])
    renamed = diagnosis[diagnosis["finding"] == "labels permuted"]
    assert len(renamed) == 2 and set(renamed["test_set"]) == {"in-script"} and (renamed["f1_regular"] < 0.11).all()
    for row in renamed.itertuples():
        run = Run(row.training_set, row.variant, row.seed)
        assert f"{row.f1_types_permuted:.3f} instead of {row.f1:.3f} for `{run}`" in text
    there = pd.read_csv(LOW_RESOURCE / "results" / "scores.csv")
    keys = ["training_set", "variant", "seed", "language", "test_set"]
    alone = scores[(scores["test_set"] == "regular") & (scores["setting"] == MONOLINGUAL)]
    both = alone.merge(there, on=keys)
    assert f"by up to {(both['f1_x'] - both['f1_y']).abs().max():.2f} F1" in text


def test_the_page_of_methods_counts_weights(tmp_path):
    study, text = unpacked(METHODS, tmp_path), running_text(METHODS / "README.md")
    pruned, dense = (
        pd.read_csv(study.runs[Run("yo", variant, 1)] / "sparsity.csv").set_index("matrix")
        for variant in ("embeddings-70", "dense")
    )
    weights, words = dense["weights"].sum(), dense.loc["bert.embeddings.word_embeddings.weight"]
    zeros = pruned.loc[pruned["pruned"], "zeros"].sum()
    assert f"where {zeros / 1e6:.0f} million of {weights / 1e6:.0f} million weights are gone" in text
    assert f"{words['zeros'] / words['weights']:.0%} of the word embeddings' weights".replace("%", " %") in text
    linear = dense.index.str.contains(r"encoder\.layer.*weight")
    assert 0.17 < dense.loc[linear, "weights"].sum() / weights < 0.23 and "about a fifth of its weights" in text
    of_mbert = 12 * 12 * 768**2  # in linear layers; its word embeddings have 119,547 rows
    assert 0.45 < of_mbert / (of_mbert + (119547 + 512 + 2) * 768) < 0.55 and "those of mBERT hold about half" in text
    for language in ("yo", "jv"):
        record = read_json(study.runs[Run(language, "dense", 1)] / "run.json")
        assert record["vocabulary_rows_trained"] < words["rows"] / 2
    assert "most rows belong to word pieces that these languages never use" in text


@pytest.mark.parametrize("folder", OF_ONE_LANGUAGE, ids=lambda folder: folder.name)
def test_the_pages_of_one_language_say_what_was_trained(folder, tmp_path):
    study = unpacked(folder, tmp_path)
    words = {
        SWAHILI: "Half of its linear layers are {:.0f} % of all its weights",
        HINDI: "half of them are {:.0f} % of all weights",
    }
    (language,) = study.config["monolingual"]
    matrices = pd.read_csv(study.runs[Run(language, "partial-50", 1)] / "sparsity.csv")
    share = matrices.loc[matrices["pruned"], "zeros"].sum() / matrices["weights"].sum()
    text = prose(folder / "README.md")
    assert words[folder].format(100 * share) in text
    records = [read_json(study.runs[run] / "run.json") for run in study.runs if run.method in ("", "magnitude")]
    ((sentences, steps, batch_size, end),) = {
        (record["sentences"], record["steps"], record["schedule"]["batch_size"], row["end"])
        for record in records
        for row in study.config["schedules"]
        if row["up_to"] == record["sentences"]
    }
    seeds = WORDS[len(study.config["seeds"])]
    minutes = [record["seconds"] / 60 for record in records]
    assert f"{len(records)} fine-tunings of {steps:,} steps of {batch_size} sentences" in text
    assert f"{min(minutes):.0f} to {max(minutes):.0f} minutes each" in text
    assert f"{sentences:,} training sentences" in text and f"Means over {seeds} seeds" in text
    assert {*study.config["pruning"]["sparsities"]} == {50, 70, 90}
    if folder == SWAHILI:
        assert f"# Swahili with {seeds} seeds" in text
        assert f"asks the same of {seeds} seeds, at 50, 70 and 90 %:" in text
        assert "dense and partially pruned to 50, 70 and 90 %:" in text
    else:
        epochs = study.config["finetuning"]["epochs"]
        paper = yaml.safe_load((ROOT / "config.yaml").read_text())
        others = sorted({*paper["pruning"]["sparsities"]} - {50, 70, 90})
        assert f"with {seeds} seeds: " in text and "the paper's 60 epochs (ten times as long) and its" in text
        assert "its sparsities {}, {} and {} %;".format(*others) in text
        assert f"**These are {epochs} epochs, not the paper's {paper['finetuning']['epochs']}.**" in text
        assert 10 * epochs == paper["finetuning"]["epochs"] and "training is a tenth of the paper's" in text
        assert "has Hindi, one of the ten" in text and f"with {sentences:,} sentences of real WikiAnn" in text
        whole = steps // study.config["finetuning"]["epochs"] * 60
        assert f"steps, 500 to {end:,}. So after it there are {steps - end} steps to recover in" in text
        assert f"there would be {whole - end:,}." in text
        losses = pd.read_csv(study.runs[Run("hi", "partial-90", 1)] / "training.csv")["loss"]
        assert losses[-200:].mean() < losses[-400:-200].mean() and "the training loss at 90 % still falls" in text


def test_the_page_on_int8_prints_the_scores_of_the_first_seed():
    scores = pd.read_csv(METHODS / "results" / "scores.csv").query("seed == 1 and setting == 'monolingual'")
    f1 = scores.set_index(["language", "variant", "test_set"])["f1"]
    table = next(table for table in tables_of(ROOT / "docs" / "quantisation.md") if "F1, regular" in table[0])
    assert len(table) == 5
    for name, *cells, _ in table[1:]:
        language, variant = name.split(", ")
        places = [
            (language, of_precision, test_set)
            for test_set in (REGULAR, "in-language")
            for of_precision in (variant, f"{variant}-int8")
        ]
        assert cells == [f"{f1[place]:.4f}".removeprefix("0") for place in places]


def test_the_readme_says_how_much_f1_dense_models_keep():
    readme = running_text(ROOT / "README.md")
    kept = ("fraction", "in-language", "mean", "", 0)
    percent = [
        [f"{100 * end:.0f}" for end in ends_of((1, "intervals", setting, *kept), LOW_RESOURCE)]
        for setting in (MONOLINGUAL, MULTILINGUAL)
    ]
    assert (
        "our dense monolingual models keep {} % of their regular F1 (95 % interval {} to {} %), "
        "the multilingual one {} % ({} to {} %).".format(*percent[0], *percent[1])
    ) in readme
    to_paper = pd.read_csv(LOW_RESOURCE / "results" / "tables" / "published.csv").query("sparsity == 0")
    theirs = to_paper.set_index(["test set", "language"])["theirs"]
    assert f"The paper prints {100 * (theirs['in-language'] / theirs['regular']).mean():.0f} %:" in readme
    runs = study_runs(yaml.safe_load((LOW_RESOURCE / "results" / "config.yaml").read_text()))
    assert f"We trained {len(runs)} models: of Yoruba, Javanese and Swahili alone, and of four languages" in readme


def test_the_readme_says_what_random_pruning_costs():
    claims = read_results(METHODS, "claims.csv")
    costs, of_int8 = (pd.Series(measured(claims, claim)) for claim in ("own 2", "own 5"))
    gains = read_results(METHODS, "intervals.csv").query(
        "statistic == 'method_gain' and test_set == 'in-script' and language == 'mean' and scope == 'partial-random' "
        "and group.isna()"
    )
    in_script = -gains["estimate"]
    assert len(in_script) == 3 and {*gains["sparsity"]} == {50, 70, 90}
    readme = running_text(ROOT / "README.md")
    equal = measured(claims, "1, at equal budget")
    of_dense = ends_of((1, "claims", "1, at equal budget", "dense, regular"), METHODS)
    ends = [printed_number(end, 2) for end in of_dense[1:]]
    half, most = ([equal[f"{scope}-{level}, regular"] for scope in ("partial", "full")] for level in (50, 90))
    in_language = ends_of((1, "intervals", MULTILINGUAL, "multilingual_gain", "in-language", "mean", "", 0), METHODS)
    assert (
        f"one dense model of both is better in-language, by {in_language[1]:.2f} to {in_language[2]:.2f} F1, "
        f"while on regular data this is open ({' to '.join(ends)}); there it is better at 50 %, "
        f"by {min(half):.2f} to {max(half):.2f}, and worse at 90 %, by {-max(most):.2f} to {-min(most):.2f}."
    ) in readme
    assert measured(claims, "1, at equal budget", "verdict")["dense, regular"] == "inconclusive"
    of_longer = ends_of((1, "claims", "1", "partial-90, regular"), TOGETHER)
    ends = " to ".join(printed_number(end, 2) for end in of_longer[1:])
    assert f"no difference is visible at 90 % (partial, {ends})." in readme
    assert of_longer[1] < 0 < of_longer[2]
    assert (
        f"costs {costs.min():.2f} to {costs.max():.2f} F1 more than pruning the smallest "
        f"({printed_number(in_script.min(), 2)} to {in_script.max():.2f} on the set perturbed in-script)"
    ) in readme
    assert "int8 changes F1 by less than 0.01 " in readme and of_int8.abs().max() < 0.01
