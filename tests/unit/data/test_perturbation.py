"""Perturbed test sets: hand-worked cases, draws, independence between languages, and the real corpus.

The real data is checked by a parser of its own, written from the definition of IOB2, not by `find_mentions`.
"""

import csv
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import overlap as overlap_script
import perturb
import pyarrow.parquet
import pytest
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.overlap import known_mentions, overlap
from ner_pruning.data.perturbation import draw_other, keyed_draw, mention_pool, replace_mentions
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus, read_corpus, write_corpus
from real_data import WIKIANN, needs_wikiann
from scipy.stats import chisquare
from seqeval.metrics.sequence_labeling import get_entities

OUTSIDE, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)
KEY = {"seed": 1, "perturbation": "in-language", "language": "en"}


def sentence(text: str) -> tuple[list[str], list[int]]:
    """Read a sentence written as "word/TAG word/TAG"; a word without a tag is O."""
    pairs = [word.partition("/") for word in text.split()]
    return [word for word, _, _ in pairs], [LABELS.index(tag or "O") for _, _, tag in pairs]


def corpus(*texts: str) -> Corpus:
    sentences = [sentence(text) for text in texts]
    return Corpus([tokens for tokens, _ in sentences], [tags for _, tags in sentences])


def pool(per=(), org=(), loc=()) -> dict[str, list[tuple[str, ...]]]:
    """Return a pool from mentions written with spaces between their words."""
    return {
        name: sorted(tuple(mention.split()) for mention in mentions)
        for name, mentions in (("PER", per), ("ORG", org), ("LOC", loc))
    }


def replaced(text: str, mentions: dict, **options) -> str:
    """Replace the mentions of one sentence, and write it as `sentence` reads it."""
    result, _ = replace_mentions(corpus(text), mentions, **KEY | options)
    pairs = zip(result.tokens[0], result.tags[0], strict=True)
    return " ".join(f"{word}/{LABELS[tag]}" if tag else word for word, tag in pairs)


# One candidate a type, so that the result is certain.
ONE = pool(per=["Ada King Byron"], org=["UN"], loc=["New York"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("in Paris/B-LOC .", "in New/B-LOC York/I-LOC ."),
        ("Paris/B-LOC is big", "New/B-LOC York/I-LOC is big"),
        ("he likes Paris/B-LOC", "he likes New/B-LOC York/I-LOC"),
        ("Paris/B-LOC", "New/B-LOC York/I-LOC"),
        ("The/B-ORG Red/I-ORG Cross/I-ORG helps", "UN/B-ORG helps"),
        # adjacent mentions, of the same type and of another
        ("Paris/B-LOC Rome/B-LOC", "New/B-LOC York/I-LOC New/B-LOC York/I-LOC"),
        ("Red/B-ORG Cross/I-ORG NATO/B-ORG", "UN/B-ORG UN/B-ORG"),
        ("Bob/B-PER Ross/I-PER Rome/B-LOC", "Ada/B-PER King/I-PER Byron/I-PER New/B-LOC York/I-LOC"),
        # I- without B-: at the start, after O, after another type
        ("Rome/I-LOC is", "New/B-LOC York/I-LOC is"),
        ("in Rome/I-LOC Italy/I-LOC .", "in New/B-LOC York/I-LOC ."),
        ("Bob/B-PER Rome/I-LOC", "Ada/B-PER King/I-PER Byron/I-PER New/B-LOC York/I-LOC"),
        ("Rome/I-LOC Milan/B-LOC", "New/B-LOC York/I-LOC New/B-LOC York/I-LOC"),
        # words of O that look like mentions stay
        ("Paris , Paris/B-LOC , Paris", "Paris , New/B-LOC York/I-LOC , Paris"),
        ("no mention here", "no mention here"),
    ],
)
def test_each_mention_becomes_one_of_its_type_and_all_else_stays(before, after):
    assert replaced(before, ONE) == after


def test_a_mention_is_kept_and_counted_when_the_pool_has_no_other():
    text = "Bob/B-PER UN/B-ORG New/I-LOC York/I-LOC UN/B-LOC ."
    result, counts = replace_mentions(corpus(text, "nothing"), pool(org=["UN"], loc=["New York"]), **KEY)
    # no PER at all; the only ORG is the original; New York is the only LOC, and not the other LOC, named UN
    assert result.tokens == [["Bob", "UN", "New", "York", "New", "York", "."], ["nothing"]]
    assert result.tags == [[B_PER, B_ORG, B_LOC, I_LOC, B_LOC, I_LOC, OUTSIDE], [OUTSIDE]]
    assert result.original == [0, 1]
    assert counts == {
        "sentences": 2,
        "mentions": 4,
        "changed": 1,
        "kept": 3,
        "pool": {"PER": 0, "ORG": 1, "LOC": 1},
    }


def test_words_are_compared_as_sequences():
    # "New York" in one word is another mention than in two, and so is a longer or a differently written one
    test = Corpus([["New York"], ["New"], ["new", "york"]], [[B_LOC], [B_LOC], [B_LOC, I_LOC]])
    result, counts = replace_mentions(test, pool(loc=["New York"]), **KEY)
    assert result.tokens == [["New", "York"]] * 3
    assert counts["changed"] == 3


def test_input_is_left_as_it_was():
    test = corpus("in Rome/I-LOC .", "none")
    result, _ = replace_mentions(test, ONE, **KEY)
    result.tokens[1].append("more")
    result.tags[1].append(0)
    assert test == corpus("in Rome/I-LOC .", "none")


def test_share_0_changes_nothing_but_invalid_tags():
    before = "Rome/I-LOC Milan/I-LOC Turin/B-LOC . Bob/B-PER"
    assert replaced(before, ONE, share=0) == "Rome/B-LOC Milan/I-LOC Turin/B-LOC . Bob/B-PER"


def test_share_is_the_probability_of_each_mention():
    test = corpus(*["Rome/B-LOC Rome/B-LOC"] * 5000)
    result, counts = replace_mentions(test, pool(loc=["Oslo"]), **KEY, share=0.5)
    words = Counter(word for tokens in result.tokens for word in tokens)
    assert words == {"Oslo": counts["changed"], "Rome": 10000 - counts["changed"]}
    assert counts["kept"] == 0
    assert abs(counts["changed"] - 5000) < 200  # 4 standard deviations of a binomial of 10,000 and 0.5
    # replaced and unreplaced mentions side by side stay two mentions
    assert all(tags == [B_LOC, B_LOC] for tags in result.tags)
    # the two mentions of a sentence are drawn apart: all four outcomes, equally often
    outcomes = Counter(map(tuple, result.tokens))
    assert (
        chisquare([outcomes[first, second] for first in ("Rome", "Oslo") for second in ("Rome", "Oslo")]).pvalue > 1e-3
    )


def test_share_decides_whether_and_not_what():
    test = corpus(*["Rome/B-LOC"] * 200)
    places = pool(loc=[f"place{number}" for number in range(1000)])
    every, _ = replace_mentions(test, places, **KEY)
    half, counts = replace_mentions(test, places, **KEY, share=0.5)
    pairs = list(zip(every.tokens, half.tokens, strict=True))
    assert sum(one == other for one, other in pairs) == counts["changed"]
    assert all(other in (one, ["Rome"]) for one, other in pairs)


def test_mentions_are_drawn_from_the_whole_pool_at_any_share():
    places = [f"p{number}" for number in range(8)]
    result, counts = replace_mentions(corpus(*["Rome/B-LOC"] * 8000), pool(loc=places), **KEY, share=0.5)
    drawn = Counter(word for [word] in result.tokens)
    assert drawn["Rome"] == 8000 - counts["changed"]
    assert chisquare([drawn[place] for place in places]).pvalue > 1e-3


def test_pool_holds_unique_mentions_sorted_of_all_corpora():
    first = corpus("Rome/B-LOC and Rome/B-LOC", "New/I-LOC York/I-LOC Oslo/B-LOC Bob/I-PER")
    second = corpus("Oslo/B-LOC", "Oslo/B-ORG Ångström/B-LOC", "none")
    expected = {
        "PER": [("Bob",)],
        "ORG": [("Oslo",)],
        "LOC": [("New", "York"), ("Oslo",), ("Rome",), ("Ångström",)],
    }
    assert mention_pool([first, second]) == expected
    assert mention_pool(iter([second, first])) == expected
    assert mention_pool([]) == {"PER": [], "ORG": [], "LOC": []}


def test_draw_is_the_blake2b_of_its_key():
    # printf '7\0in-language\0yo\0003\0001\0mention' | b2sum -l 128   (GNU coreutils)
    assert keyed_draw(7, "in-language", "yo", 3, 1, "mention") == 0x760A326C928BD24F01E39D5855C8242D
    assert keyed_draw(7, "in-language", "yo", 3, 1, "replace") == 0x595EF66CC0EF44CA73F15AB75E471470


def test_draw_picks_every_other_candidate_in_turn():
    candidates = [("a",), ("b",), ("c",), ("d",)]
    quarters = [quarter * 2**126 for quarter in range(4)]
    thirds = [0, 2**128 // 3, 2**128 // 3 + 1, 2**129 // 3, 2**129 // 3 + 1, 2**128 - 1]
    assert [draw_other(candidates, ("x",), draw) for draw in quarters] == candidates
    for missing in "abcd":
        others = [word for word in candidates if word != (missing,)]
        picked = [draw_other(candidates, (missing,), draw) for draw in thirds]
        assert picked == [others[0], others[0], others[1], others[1], others[2], others[2]]
    assert draw_other([("a",)], ("a",), 2**127) is None
    assert draw_other([], ("a",), 2**127) is None
    assert draw_other([("a",)], ("b",), 2**128 - 1) == ("a",)


@pytest.mark.parametrize("original", ["p0", "p3", "p6", "elsewhere"])
def test_draws_are_uniform_over_the_others(original):
    places = [f"p{number}" for number in range(7)]
    result, _ = replace_mentions(corpus(*[f"{original}/B-LOC"] * 7000), pool(loc=places), **KEY)
    drawn = Counter(word for [word] in result.tokens)
    others = [place for place in places if place != original]
    assert set(drawn) == set(others)
    assert chisquare([drawn[place] for place in others]).pvalue > 1e-3


@pytest.mark.parametrize("change", [{"seed": 2}, {"perturbation": "in-script"}, {"language": "de"}])
def test_seed_perturbation_language_and_place_each_give_other_draws(change):
    test = corpus(*["Rome/B-LOC Rome/B-LOC"] * 100)
    places = pool(loc=[f"place{number}" for number in range(10000)])
    one = replace_mentions(test, places, **KEY)[0].tokens
    other = replace_mentions(test, places, **KEY | change)[0].tokens
    # 200 draws of 10,000: two lists share the same place in the same row with probability 0.02
    assert sum(a == b for mine, theirs in zip(one, other, strict=True) for a, b in zip(mine, theirs, strict=True)) <= 1
    assert len({word for tokens in one for word in tokens}) > 190


def test_a_draw_does_not_depend_on_other_mentions():
    places = pool(per=["Bob", "Ann"], loc=[f"place{number}" for number in range(1000)])
    with_place = replaced("see Oslo/B-LOC and Rome/B-LOC", places).split()
    with_person = replaced("Bob/B-PER Rome/B-LOC ; Milan/B-LOC", places).split()
    assert with_place[-1] == with_person[1]


# Script and family of made-up languages.
GROUPS = {"aa": ("Latin", "North"), "bb": ("Latin", "South"), "cc": ("Greek", "South"), "dd": ("Greek", "East")}


def perturb_all(folder: Path, table: dict[str, tuple[str, str]]) -> dict[str, bytes]:
    """Write the data and, by the script, all perturbed sets of some languages; return the contents of the latter."""
    paths = {code: str(folder / f"{code}.parquet") for code in table}
    for code, path in paths.items():
        texts = [f"{code}{n}/B-LOC {code}{n + 1}/I-LOC w {code}{n}/B-PER {code}{n}/I-ORG" for n in range(20)]
        write_corpus(path, corpus(*texts))
    for code, (script, family) in table.items():
        pools = {
            "in-language": [code],
            "in-script": [other for other, row in table.items() if row[0] == script and other != code],
            "in-family": [other for other, row in table.items() if row[1] == family and other != code],
        }
        for perturbation, languages in pools.items():
            perturb.main(
                paths[code],
                {other: paths[other] for other in languages},
                unique_mentions=True,
                seed=5,
                share=1.0,
                perturbation=perturbation,
                language=code,
                out_parquet=str(folder / perturbation / f"{code}.parquet"),
                out_json=str(folder / perturbation / f"{code}.json"),
            )
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.glob("in-*/*")}


def test_a_new_language_changes_only_the_sets_whose_pool_it_joins(tmp_path):
    three = perturb_all(tmp_path / "three", {code: GROUPS[code] for code in ("aa", "bb", "cc")})
    # in another order too: neither the order of languages nor that of a pool makes a difference
    four = perturb_all(tmp_path / "four", {code: GROUPS[code] for code in ("dd", "cc", "bb", "aa")})
    assert len(three) == 2 * 3 * 3
    changed = {file for file in three if four[file] != three[file]}
    assert changed == {"in-script/cc.parquet", "in-script/cc.json"}
    assert set(four) - set(three) == {
        f"{p}/dd.{s}" for p in ("in-language", "in-script", "in-family") for s in ("parquet", "json")
    }


def test_without_unique_mentions_frequent_ones_come_in_proportion():
    corpora = [corpus("Rome/B-LOC Rome/B-LOC Rome/B-LOC Oslo/B-LOC", "Bonn/B-LOC")]
    assert mention_pool(corpora)["LOC"] == [("Bonn",), ("Oslo",), ("Rome",)]
    pool = mention_pool(corpora, unique=False)["LOC"]
    assert pool == [("Bonn",), ("Oslo",), ("Rome",), ("Rome",), ("Rome",)]
    drawn = Counter(draw_other(pool, ("Oslo",), keyed_draw("test", number)) for number in range(4000))
    assert set(drawn) == {("Bonn",), ("Rome",)}  # the original never, in whatever number of places
    assert chisquare([drawn[("Bonn",)], drawn[("Rome",)]], [1000, 3000]).pvalue > 0.001
    drawn = Counter(draw_other(pool, ("Rome",), keyed_draw("test", number)) for number in range(4000))
    assert chisquare([drawn[("Bonn",)], drawn[("Oslo",)]]).pvalue > 0.001 and len(drawn) == 2


def test_the_script_writes_the_set_and_its_counts(tmp_path):
    files = {
        "test": corpus("in Rome/B-LOC", "Bob/B-PER Rome/B-LOC"),
        "other": corpus("Oslo/B-LOC Oslo/B-LOC"),
    }
    for name, content in files.items():
        write_corpus(tmp_path / name, content)
    paths = {name: str(tmp_path / name) for name in files}
    options = {"unique_mentions": True, "seed": 1, "share": 1.0, "perturbation": "in-script", "language": "en"}
    out = {"out_parquet": str(tmp_path / "out.parquet"), "out_json": str(tmp_path / "out.json")}
    perturb.main(paths["test"], {"de": paths["other"]}, **options, **out)
    expected = corpus("in Oslo/B-LOC", "Bob/B-PER Oslo/B-LOC")
    assert read_corpus(out["out_parquet"]) == Corpus(expected.tokens, expected.tags, [0, 1])
    assert json.loads((tmp_path / "out.json").read_text()) == {
        "sentences": 2,
        "mentions": 3,
        "changed": 2,
        "kept": 1,
        "pool": {"PER": 0, "ORG": 0, "LOC": 1},
        "pool_languages": ["de"],
    }


def test_overlap_counts_mentions_by_type_and_words(tmp_path):
    train = [corpus("Rome/B-LOC Bob/B-PER Ross/I-PER"), corpus("Oslo/I-LOC Rome")]
    test = corpus("Rome/B-LOC Rome/I-ORG Oslo/B-LOC x Oslo/B-LOC", "Bob/B-PER", "Bob/I-PER Ross/I-PER")
    known = known_mentions(train)
    assert known == {("LOC", ("Rome",)), ("PER", ("Bob", "Ross")), ("LOC", ("Oslo",))}
    # seen: Rome (LOC), Oslo, Oslo, Bob Ross; not seen: Rome (ORG), Bob
    assert overlap(known, test) == {"mentions": 6, "seen": 4, "unseen_share": 1 / 3}
    assert overlap(known, corpus("none")) == {"mentions": 0, "seen": 0, "unseen_share": None}

    for name, content in zip(["train0", "train1"], train, strict=True):
        write_corpus(tmp_path / name, content)
    write_evaluation(tmp_path / "en", {"validation": test, "regular": test, "in-family": corpus("none")})
    trains = [str(tmp_path / "train0"), str(tmp_path / "train1")]
    overlap_script.main(trains, {"en": str(tmp_path / "en")}, str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == (
        "language,test_set,mentions,seen,unseen_share\nen,regular,6,4,0.3333333333333333\nen,in-family,0,0,\n"
    )


# --- The real corpus -------------------------------------------------------------------------------------------------

LETTERS = "oPpGgLl"  # one character a tag id: capitals begin
TYPE_LETTERS = {"PER": "p", "ORG": "g", "LOC": "l"}
MENTION = re.compile("Pp*|Gg*|Ll*|p+|g+|l+")
VALID_IOB2 = re.compile("(?:o|Pp*|Gg*|Ll*)*")


def parse(tokens: list[str], tags: list[int]) -> tuple[list[tuple[str, tuple[str, ...]]], list[str], str]:
    """Return the mentions as (type letter, words), the O words, and the order of both as one letter each."""
    text = "".join(LETTERS[tag] for tag in tags)
    mentions = [(match[0][0].lower(), tuple(tokens[match.start() : match.end()])) for match in MENTION.finditer(text)]
    outside = [word for word, letter in zip(tokens, text, strict=True) if letter == "o"]
    return mentions, outside, MENTION.sub(lambda match: match[0][0].lower(), text)


def real_groups() -> dict[tuple[str, str], list[str]]:
    """Return the pool languages of each (perturbation, language) of the real corpus that is not alone in its group."""
    with (Path(__file__).parents[3] / "resources" / "languages.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if (WIKIANN / row["code"]).is_dir()]
    groups = {("in-language", row["code"]): [row["code"]] for row in rows}
    for row in rows:
        for column in ("script", "family"):
            others = [other["code"] for other in rows if other[column] == row[column] and other is not row]
            if others:
                groups[f"in-{column}", row["code"]] = others
    return dict(sorted(groups.items()))


@cache
def real_test_set(code: str) -> Corpus:
    table = pyarrow.parquet.read_table(WIKIANN / code / "test-00000-of-00001.parquet", columns=["tokens", "ner_tags"])
    return Corpus(table["tokens"].to_pylist(), table["ner_tags"].to_pylist())


@cache
def real_parses(code: str) -> list:
    content = real_test_set(code)
    return [parse(tokens, tags) for tokens, tags in zip(content.tokens, content.tags, strict=True)]


@cache
def real_words(code: str) -> dict[str, set[tuple[str, ...]]]:
    """Return the unique mentions of a language by type letter, found by this test's own parser."""
    words = {letter: set() for letter in "pgl"}
    for mentions, _, _ in real_parses(code):
        for letter, mention in mentions:
            words[letter].add(mention)
    return words


@needs_wikiann
@pytest.mark.parametrize("code", ["ja", "zh", "yo", "ar"])
def test_parser_of_this_test_agrees_with_seqeval(code):
    content = real_test_set(code)
    for tags, (mentions, _, _) in zip(content.tags[:2000], real_parses(code), strict=False):
        entities = get_entities([LABELS[tag] for tag in tags])
        assert [(TYPE_LETTERS[type], end - start + 1) for type, start, end in entities] == [
            (letter, len(words)) for letter, words in mentions
        ]


@needs_wikiann
@pytest.mark.parametrize(("perturbation", "code"), real_groups() if WIKIANN.is_dir() else [])
def test_real_perturbed_set(perturbation, code):
    languages = real_groups()[perturbation, code]
    assert (code in languages) == (perturbation == "in-language")
    mentions = mention_pool(map(real_test_set, languages))
    words = {letter: set().union(*(real_words(other)[letter] for other in languages)) for letter in "pgl"}
    assert {TYPE_LETTERS[type]: set(found) for type, found in mentions.items()} == words
    assert all(found == sorted(set(found)) for found in mentions.values())

    test = real_test_set(code)
    result, counts = replace_mentions(test, mentions, seed=1, perturbation=perturbation, language=code)
    assert len(result.tokens) == len(result.tags) == len(test.tokens) == counts["sentences"]
    assert result.original == list(range(len(test.tokens)))
    total = changed = 0
    for tokens, tags, before in zip(result.tokens, result.tags, real_parses(code), strict=True):
        assert VALID_IOB2.fullmatch("".join(LETTERS[tag] for tag in tags))
        after = parse(tokens, tags)
        assert after[1:] == before[1:]  # the same O words, and the same order of mention types among them
        for (letter, new), (_, old) in zip(after[0], before[0], strict=True):
            total += 1
            if new == old:
                assert words[letter] <= {old}  # kept only for want of another
            else:
                changed += 1
                assert new in words[letter]
    assert (counts["mentions"], counts["changed"], counts["kept"]) == (total, changed, total - changed)
    assert changed > 0
