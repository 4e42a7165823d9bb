"""Synthetic named-entity corpora in the manner of WikiAnn, so that the workflow can run without downloaded data.

Places are those of the Unicode CLDR (through Babel) and of `synthetic_lists`, persons' names are Faker's or those
of the lists. The sentences state no facts: who was born where is drawn at random.
"""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from ner_pruning.data.mentions import mention_tags
from ner_pruning.data.synthetic_lists import COUNTRIES, FRAMES, LISTS, MARKUP, Lists
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError
from ner_pruning.terms import TYPES

PERSONS_PER_GENDER = 300
NAMES_PER_POOL = 250
FRAME_SHARE = 0.4  # of the sentences that are a line of markup around a mention, not a sentence of the language
PLACE_AS_SURNAME_SHARE = 0.05
RANK_OFFSET = 10  # a name of rank r, from 0, is drawn in proportion to 1 / (r + RANK_OFFSET)
HEADWORDS = {
    "PER": ("entry",),
    "ORG": ("club", "company", "institution", "school"),
    "LOC": ("city", "country", "region"),
}
NUMBERS = {
    "year": range(1850, 2020),
    "years": [f"{year}–{year + 5}" for year in range(1850, 2015)],
    "number": range(2, 100),
}
SLOT = re.compile(r"\{(\w+)\}")

Parts = dict[str, list[str]]
"""The values that each slot of a name's pattern can take."""


@dataclass(frozen=True)
class Pool:
    """Mentions of one type, most frequent first: word lists and their cumulative weights."""

    type: str
    phrases: list[list[str]]
    cumulative_weights: list[float]

    def draw(self, generator: random.Random) -> list[str]:
        """Return the words of one mention, drawn by weight."""
        return generator.choices(self.phrases, cum_weights=self.cumulative_weights)[0]


def generate(language: str, sizes: dict[str, int], seed: int) -> dict[str, Corpus]:
    """Make a language's synthetic corpus: for each split of `sizes` as many sentences as it says.

    Names are shared by the splits, as in WikiAnn; each split draws from a random stream of its own, keyed by language,
    seed and split, so that a split's first sentences stay the same whatever the sizes are.
    A language without word lists has no sentences of its own, only lines of markup (`lists_of`).
    Raises InputError for a language without word lists that is not in the CLDR either.
    """
    lists = lists_of(language)
    pools = make_pools(language, random.Random(f"{seed} {language} names"))
    corpora = {}
    for split, size in sizes.items():
        generator = random.Random(f"{seed} {language} {split}")
        sentences = [make_sentence(lists, pools, generator) for _ in range(size)]
        corpora[split] = Corpus(tokens=[tokens for tokens, _ in sentences], tags=[tags for _, tags in sentences])
    return corpora


def lists_of(language: str) -> Lists:
    """Return a language's word lists; of one that has none, those of `MARKUP` and Faker's persons if it has them."""
    if language in LISTS:
        return LISTS[language]
    try:
        code = locale(language).language
    except (UnknownLocaleError, ValueError):
        raise InputError(
            f"language {language!r}: no synthetic corpus can be made; expected {', '.join(LISTS)} or another language "
            "of the CLDR"
        ) from None
    locales = [name for name in sorted(AVAILABLE_LOCALES) if name.split("_")[0] == code]
    return replace(MARKUP, faker=locales[0]) if locales else MARKUP


def locale(language: str) -> Locale:
    """Return the CLDR's locale of a language; some have another code there (tl is fil)."""
    return Locale.parse(language.replace("-", "_"))


def make_pools(language: str, generator: random.Random) -> dict[str, Pool]:
    """Make a language's mentions: a pool for each mention slot of its sentence patterns."""
    lists = lists_of(language)
    countries = country_names(language)
    native = lists.cities.split(", ") if lists.cities else []
    foreign = [city for city in zone_cities(language) if city not in countries + native]
    for names in (countries, native, foreign):
        generator.shuffle(names)
    cities = native + foreign  # a language's own cities are the more frequent ones
    men = make_persons(lists, "male", native or cities, generator)
    women = make_persons(lists, "female", native or cities, generator)
    persons = men + women
    generator.shuffle(persons)
    parts = {part: [value for man in men for value in man[part]] for part in ("first", "last")}
    parts |= {"city": cities, "country": countries}

    def fill(patterns: str) -> list[str]:
        return [fill_pattern(generator.choice(patterns.split("\n")), parts, generator) for _ in range(NAMES_PER_POOL)]

    def full_names(people: list[Parts]) -> list[str]:
        return [fill_pattern("{first} {last}", person, generator) for person in people]

    return {
        "man": make_pool("PER", full_names(men)),
        "woman": make_pool("PER", full_names(women)),
        "person": make_pool("PER", full_names(persons)),
        "surname": make_pool("PER", [person["last"][0] for person in persons]),
        "entry": make_pool("PER", [make_entry(lists, person, generator) for person in persons]),
        "city": make_pool("LOC", cities),
        "country": make_pool("LOC", countries),
        "region": make_pool("LOC", fill(lists.places)),
        "team": make_pool("ORG", cities),  # a city's name stands for its team, as in "Leeds defeated York"
        "club": make_pool("ORG", fill(lists.clubs)),
        "company": make_pool("ORG", fill(lists.companies)),
        "school": make_pool("ORG", fill(lists.schools)),
        "institution": make_pool("ORG", fill(lists.institutions)),
    }


def make_pool(type: str, phrases: list[str]) -> Pool:
    """Make a pool of phrases, in which an earlier one is drawn more often (Zipf's law with an offset)."""
    weights = accumulate(1 / (rank + RANK_OFFSET) for rank in range(len(phrases)))
    return Pool(type, [split_words(phrase) for phrase in phrases], list(weights))


def make_persons(lists: Lists, gender: str, cities: list[str], generator: random.Random) -> list[Parts]:
    """Draw persons: the parts of each one's name (first, middle, last), and the occupations of men.

    The occupations are masculine nouns in the languages that have two, so women get none.
    """
    fake = Faker(lists.faker)
    fake.seed_instance(generator.getrandbits(32))
    first_name, last_name = getattr(fake, f"first_name_{gender}"), getattr(fake, f"last_name_{gender}")
    # A middle name is a patronymic where Faker has one, else a second first name (in India, the father's).
    middle_name = getattr(fake, f"middle_name_{gender}", fake.first_name_male)
    surnames = lists.surnames.split(", ") if lists.surnames else []
    ending = lists.feminine if gender == "female" else ""

    def surname() -> str:
        if generator.random() < PLACE_AS_SURNAME_SHARE:
            return generator.choice(cities)
        return generator.choice(surnames) + ending if surnames else last_name()

    occupations = {"occupation": lists.occupations.split(", ")} if gender == "male" else {}
    return [
        {"first": [well_formed(first_name)], "middle": [well_formed(middle_name)], "last": [surname()]} | occupations
        for _ in range(PERSONS_PER_GENDER)
    ]


def well_formed(draw: Callable[[], str]) -> str:
    """Return the first drawn name that begins with a letter and has no parentheses: some of Faker's are misspelt."""
    while True:
        name = draw()
        if name[0].isalpha() and "(" not in name:
            return capital(name)


def make_entry(lists: Lists, person: Parts, generator: random.Random) -> str:
    """Write a person's name as a headword, in one of the language's patterns that the person has all parts for."""
    patterns = [pattern for pattern in lists.entries.split("\n") if set(SLOT.findall(pattern)) <= set(person)]
    return fill_pattern(generator.choice(patterns), person, generator)


def fill_pattern(pattern: str, parts: Parts, generator: random.Random) -> str:
    """Replace each slot of a name's pattern by a draw from the values of that part."""
    return SLOT.sub(lambda slot: generator.choice(parts[slot[1]]), pattern)


def country_names(language: str) -> list[str]:
    """Return the language's names of the countries in `COUNTRIES`, from the CLDR."""
    territories = locale(language).territories
    return [territories[code] for code in COUNTRIES.split()]


def zone_cities(language: str) -> list[str]:
    """Return the language's names of the cities that time zones are named after, from the CLDR.

    A zone without a name of its own in the language is called by the last part of its id (Unicode Technical
    Standard 35, part 4, time zone names). Zones outside `COUNTRIES` are left out.
    """
    # A zone may have several ids, and the two tables of the CLDR need not use the same one.
    aliases, countries = get_global("zone_aliases"), COUNTRIES.split()
    zones = sorted(zone for zone, country in get_global("zone_territories").items() if country in countries)
    named = {
        aliases.get(zone, zone): names["city"] for zone, names in locale(language).time_zones.items() if "city" in names
    }
    cities = [named.get(aliases.get(zone, zone), zone.split("/")[-1].replace("_", " ")) for zone in zones]
    return [capital(city.removeprefix("ìlú ")) for city in cities]  # Yoruba names are "city of …" in the CLDR


def make_sentence(lists: Lists, pools: dict[str, Pool], generator: random.Random) -> tuple[list[str], list[int]]:
    """Draw a sentence: its words and their tag ids."""
    lines = FRAMES if generator.random() < FRAME_SHARE or not lists.sentences else lists.sentences.split("\n")
    tokens, tags = [], []
    for word in generator.choice(lines).replace("{redirect}", lists.redirect).split():
        slot = SLOT.fullmatch(word)
        name = slot[1] if slot else ""
        if name == "any":
            name = generator.choice(HEADWORDS[generator.choice(TYPES)])
        if name in pools:
            mention = pools[name].draw(generator)
            tokens += mention
            tags += mention_tags(pools[name].type, len(mention))
        else:
            tokens.append(str(generator.choice(NUMBERS[name])) if name else word)
            tags.append(0)
    return tokens, tags


def split_words(text: str) -> list[str]:
    """Split a text into words in Unicode NFC; commas and parentheses are words of their own."""
    return re.findall(r"[,()]|[^\s,()]+", unicodedata.normalize("NFC", text))


def capital(name: str) -> str:
    """Return the name with its first letter in title case and the others as they are.

    That is upper case, except in Georgian, whose upper case is for whole words alone.
    """
    return name[:1].title() + name[1:]
