"""The tables of languages: the paper's rows, those of the other languages, and a study's own table laid on them."""

import csv

import pytest
from babel import Locale
from babel.core import get_global
from ner_pruning.files import InputError
from ner_pruning.study.languages import Language, pool_languages, read_languages
from study_configs import ROOT, TABLE

FILES = [ROOT / "resources/languages.tsv", ROOT / "resources/more_languages.tsv"]
ALL = read_languages(*FILES)
CODES = """
ace af als am an ang ar arc arz as ast ay az ba bar bat-smg be be-x-old bg bh bn bo br bs ca cbk-zam cdo ce ceb
ckb co crh cs csb cv cy da de diq dv el eml en eo es et eu ext fa fi fiu-vro fo fr frr fur fy ga gan gd gl gn gu
hak he hi hr hsb hu hy ia id ig ilo io is it ja jbo jv ka kk km kn ko ksh ku ky la lb li lij lmo ln lt lv
map-bms mg mhr mi min mk ml mn mr ms mt mwl my mzn nap nds ne nl nn no nov oc or os pa pdc pl pms pnb ps pt qu
rm ro ru rw sa sah scn sco sd sh si simple sk sl so sq sr su sv sw szl ta te tg th tk tl tr tt ug uk ur uz vec
vep vi vls vo wa war wuu xmf yi yo zea zh zh-classical zh-min-nan zh-yue
"""
ON_THE_HUB = CODES.split()
"""WikiAnn's 176 languages on the Hub (Rahimi et al. 2019)."""

SCRIPTS = {**Locale("en").scripts, "Hans": "Chinese", "Hant": "Chinese", "Jpan": "Japanese", "Kore": "Hangul"}
SCRIPTS |= {"Mymr": "Burmese", "Beng": "Bengali"}
OWN_SCRIPTS = {"arc", "cdo", "crh", "hak", "hif", "kaa", "lad", "mni", "pi", "shi"}
"""Languages that Wikipedia writes in another script than CLDR's likely one."""


def test_every_language_of_wikiann_has_a_whole_row():
    assert len(ON_THE_HUB) == 176 and set(ON_THE_HUB) <= set(ALL)
    for language in ALL.values():
        assert all((language.name, language.phylum, language.family, language.script)), language.code


def test_scripts_are_the_likely_ones_of_cldr():
    likely = get_global("likely_subtags")
    known = [code for code in ALL if code in likely and code not in OWN_SCRIPTS]
    assert len(known) > 280
    assert {code: ALL[code].script for code in known} == {code: SCRIPTS[likely[code].split("_")[1]] for code in known}


def test_families_go_on_as_in_table_1():
    """A family is the phylum, of Indo-European its branch: mr and bho, de and nds, yo and ig are of one."""
    branches = {row.family for row in ALL.values() if row.phylum == "Indo-European"}
    assert {row.family for row in TABLE.values() if row.phylum == "Indo-European"} <= branches
    assert all(row.family == row.phylum for row in ALL.values() if row.phylum != "Indo-European")
    for one, other in (("mr", "bh"), ("de", "nds"), ("yo", "ig"), ("ru", "be-x-old"), ("zh", "zh-yue"), ("tr", "crh")):
        assert ALL[one].family == ALL[other].family


def test_the_rows_of_the_paper_stay_as_they_are():
    assert {code: ALL[code] for code in TABLE} == TABLE and list(ALL)[:40] == list(TABLE)
    with open(FILES[1], encoding="utf-8", newline="") as file:
        assert not {row["code"] for row in csv.DictReader(file, delimiter="\t")} & set(TABLE)


def table(path, text):
    path.write_text(text.replace(" ", "\t"), encoding="utf-8")
    return path


def test_a_table_of_a_study_adds_rows_and_columns(tmp_path):
    own = table(tmp_path / "my.tsv", "code region name\nyo west Yoruba\nsw east Swahili\nxx west Newish\n")
    languages = read_languages(*FILES, own)
    assert languages["yo"].others == {"region": "west"} and languages["yo"].train_size == 100
    assert languages["xx"] == Language("xx", "Newish", "", "", "", others={"region": "west"})
    assert languages["en"].group("region") == "" and languages["yo"].group("script") == "Latin"
    assert pool_languages("yo", "in-region", ["yo", "sw", "xx"], languages) == ["xx"]
    assert pool_languages("sw", "in-region", ["yo", "sw", "xx"], languages) == []


def test_a_table_of_a_study_changes_the_columns_that_it_has(tmp_path):
    own = table(tmp_path / "my.tsv", "code script\nsr Latin\n")
    assert (read_languages(*FILES, own)["sr"].script, read_languages(*FILES, own)["sr"].family) == ("Latin", "Slavic")


BAD = {
    "no_code": (
        "language name\nyo Yoruba\n",
        "no column code; expected code, name, script, family, …, separated by tabs",
    ),
    "two_rows": ("code name\nyo A\nyo B\n", "line 3: a second row of yo; expected one row per language"),
    "fewer_columns": ("code name\nyo\n", "line 2: wrong or missing value ('name')"),
    "more_columns": ("code name\nyo A B\n", "line 2: wrong or missing value ("),
    "not_a_number": ("code train_size\nyo many\n", "line 2: wrong or missing value ("),
}


@pytest.mark.parametrize("text, line", BAD.values(), ids=BAD)
def test_a_wrong_table_of_a_study(tmp_path, text, line):
    own = table(tmp_path / "my.tsv", text)
    with pytest.raises(InputError) as error:
        read_languages(*FILES, own)
    assert str(error.value).startswith(f"{own}: {line}") and "\n" not in str(error.value)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"^\S*my\.tsv: not a readable table of languages \("):
        read_languages(*FILES, tmp_path / "my.tsv")
