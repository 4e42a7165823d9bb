"""Tags that say nothing of the gold are found to say nothing, whatever an untrained head is over; weak models not."""

import random
from itertools import permutations

import numpy as np
import pytest
from ner_pruning.scoring.information import (
    GOOD_RENAMINGS,
    RENAMINGS,
    confusion,
    information,
    least_as_good,
    mutual_information,
    renamings_as_good,
    tells_mentions,
)
from scipy import stats

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)


def made_up_gold(sentences, seed=0):
    """Return tags of sentences of 2 to 12 words, about half of them in mentions of one to three words."""
    draw, gold = random.Random(seed), []
    for _ in range(sentences):
        tags = []
        while len(tags) < draw.randint(2, 12):
            type, words = draw.choices(range(3), [5, 3, 2])[0], draw.randint(1, 3)
            tags += [OUT] * draw.randint(0, 3) + [2 * type + 1] + [2 * type + 2] * (words - 1)
        gold.append(tags)
    return gold


def split(flat, gold):
    limits = np.cumsum([len(tags) for tags in gold])[:-1]
    return [part.tolist() for part in np.split(flat, limits)]


def features(gold, knows, random):
    """Return vectors of 32 numbers for all words: a centre for each gold tag, `knows` times as far apart as the noise.

    They stand for the hidden states of an encoder: of a fine-tuned one with a large `knows`, a pretrained one with a
    small one.
    """
    flat = np.concatenate(gold)
    centres = random.standard_normal((7, 32))
    return knows * centres[flat] + random.standard_normal((len(flat), 32))


# Untrained heads and tags of no model


@pytest.mark.parametrize("knows", [0.0, 0.3, 1.0, 3.0])
def test_untrained_heads_say_nothing(knows):
    """Whatever the hidden states know of the tags; a trained head over the same states is not found to be untrained."""
    gold, draw = made_up_gold(100), np.random.default_rng(1)
    states = features(gold, knows, draw)
    heads = [(states @ draw.standard_normal((32, 7))).argmax(axis=1) for _ in range(150)]
    nothing = [information(gold, split(flat, gold)).none for flat in heads]
    assert np.mean(nothing) >= 0.93  # expected: more than 0.96
    if knows >= 0.3:
        target = np.eye(7)[np.concatenate(gold)]
        trained = (states @ np.linalg.lstsq(states, target, rcond=None)[0]).argmax(axis=1)
        assert not information(gold, split(trained, gold)).none


def test_shuffled_uniform_and_constant_tags_say_nothing():
    gold, draw = made_up_gold(100), np.random.default_rng(2)
    flat = np.concatenate(gold)
    shuffled = [information(gold, split(draw.permutation(flat), gold)).none for _ in range(100)]
    uniform = [information(gold, split(draw.integers(0, 7, len(flat)), gold)).none for _ in range(100)]
    assert min(np.mean(shuffled), np.mean(uniform)) >= 0.98
    assert all(information(gold, split(np.full(len(flat), tag), gold)).none for tag in range(7))


def test_the_share_of_renamings_is_a_p_value():
    """At most x of untrained heads have a share of at most x (with ties less)."""
    gold, draw = made_up_gold(60), np.random.default_rng(3)
    flat, states = np.concatenate(gold), features(gold, 1.0, draw)
    shares = [
        renamings_as_good(confusion(flat, (states @ draw.standard_normal((32, 7))).argmax(axis=1))) for _ in range(1500)
    ]
    for limit in (0.03, 0.1, 0.5):
        assert np.mean(np.array(shares) <= limit) <= limit + 3 * np.sqrt(limit * (1 - limit) / len(shares))
    assert np.mean(np.array(shares) <= 0.5) > 0.4  # and about as many


# Weak models that are sound


def weakened(gold, draw, found, right_type, whole):
    """Return tags of a model that finds a share of the mentions, a share of these with type, a share with both ends."""
    predicted = []
    for tags in gold:
        row, tags = [OUT] * len(tags), [*tags, OUT]
        for start, tag in enumerate(tags):
            if tag % 2 == 1 and draw.random() < found:
                end = next(place for place in range(start + 1, len(tags)) if tags[place] != tag + 1)
                type = tag if draw.random() < right_type else draw.choice([B_PER, B_ORG, B_LOC])
                end = end if draw.random() < whole or end == start + 1 else end - 1
                row[start:end] = [type] + [type + 1] * (end - start - 1)
        predicted.append(row)
    return predicted


@pytest.mark.parametrize(
    ("found", "right_type", "whole"),
    [
        (0.15, 0.9, 0.8),  # few mentions are found
        (0.5, 0.2, 0.5),  # types are hardly known
        (0.9, 0.0, 0.2),  # types are not known, ends seldom
        (0.08, 0.5, 0.5),  # nearly always O
    ],
)
def test_weak_models_say_something(found, right_type, whole):
    gold, draw = made_up_gold(100), random.Random(4)
    nothing = [information(gold, weakened(gold, draw, found, right_type, whole)).none for _ in range(100)]
    assert np.mean(nothing) <= 0.01


@pytest.mark.parametrize("type", range(3))
def test_a_model_that_knows_one_type_only_says_something(type):
    gold = made_up_gold(100)
    only = [[tag if (tag + 1) // 2 == type + 1 else OUT for tag in tags] for tags in gold]
    always = [[OUT if tag == OUT else 2 * type + 2 - tag % 2 for tag in tags] for tags in gold]
    beginnings = [[2 * type + 1 if tag % 2 else OUT for tag in tags] for tags in gold]
    for predicted in (only, always, beginnings):
        assert not information(gold, predicted).none


@pytest.mark.parametrize("types", [1, 2])
def test_a_weak_model_of_few_types_says_something(types):
    """Of three labels there are six renamings: of a study of one type no share of them is at most GOOD_RENAMINGS."""
    gold = [[tag if tag <= 2 * types else OUT for tag in tags] for tags in made_up_gold(200)]
    labels, draw = 2 * types + 1, np.random.default_rng(5)
    flat = np.concatenate(gold)
    weak = np.where(draw.random(len(flat)) < 0.6, flat, OUT)
    if types == 2:
        weak = np.where(np.isin(weak, [OUT, B_PER]), weak, OUT)  # only two of the five labels are predicted
    weak = np.where((flat == OUT) & (draw.random(len(flat)) < 0.1), B_PER, weak)
    said = information(gold, split(weak, gold), labels=labels)
    assert not said.tells_mentions and said.renamings_as_good == pytest.approx({1: 1 / 6, 2: 6 / 120}[types])
    assert not said.none
    # an untrained head, whose labels have any names: said to be one but where these are right by chance
    names = np.array(list(permutations(range(labels))))
    assert np.mean([information(gold, split(row[weak], gold), labels=labels).none for row in names[:: types**2]]) > 0.8
    assert information(gold, split(np.zeros_like(flat), gold), labels=labels).none


# The parts, by hand


def test_renamings_by_hand():
    gold, predicted = np.array([OUT, OUT, B_PER, B_PER]), np.array([OUT, OUT, B_PER, B_LOC])
    # Agreement beyond chance of each predicted label with each gold one: O with O 2 - 2·2/4, B-PER and B-LOC with
    # B-PER 1 - 1·2/4 each, with O the negative, with others 0. As named: 1 + 0.5 + 0, as if B-LOC were B-PER.
    table = confusion(gold, predicted)
    assert table[B_LOC, B_PER] == 1 and table.sum() == 4
    # as good: O stays (1) and one of the two others is B-PER (0.5), the other one not O: 2 · 5 · 4! orders
    assert renamings_as_good(table) == pytest.approx(2 * 5 * 24 / 5040)
    assert least_as_good(table) == pytest.approx(24 / 5040)  # O, B-PER and B-LOC are predicted
    assert len(RENAMINGS) == 5040 and RENAMINGS[0].tolist() == list(range(7))


@pytest.mark.parametrize("seed", range(5))
def test_renamings_equal_a_count_with_kappa(seed):
    """Cohen's kappa of each renaming of the predicted tags, word by word."""
    draw = np.random.default_rng(seed)
    gold, predicted = draw.integers(0, 4, 60), draw.integers(0, 4, 60)

    def kappa_above(names):
        renamed = np.array(names)[predicted]
        expected = sum(np.mean(renamed == tag) * np.mean(gold == tag) for tag in range(7))
        return np.mean(renamed == gold) - expected

    as_named = kappa_above(range(7))
    expected = np.mean([kappa_above(names) >= as_named - 1e-12 for names in permutations(range(7))])
    assert renamings_as_good(confusion(gold, predicted)) == pytest.approx(expected)


def test_mutual_information_by_hand():
    halves = np.zeros((7, 7), dtype=int)
    halves[0, 0] = halves[1, 1] = 2
    assert mutual_information(halves) == pytest.approx(1)
    assert mutual_information(np.ones((7, 7), dtype=int)) == pytest.approx(0, abs=1e-12)
    table = np.zeros((7, 7), dtype=int)
    table[:2, :2] = [[4, 1], [1, 2]]
    shared = stats.entropy([5, 3]) + stats.entropy([5, 3]) - stats.entropy([4, 1, 1, 2])
    assert mutual_information(table) == pytest.approx(shared / stats.entropy([5, 3]))
    assert mutual_information(np.zeros((7, 7), dtype=int)) == 0
    independent = np.outer([1, 1, 3], [4, 5])  # by rounding alone it would be below 0
    assert 0 <= mutual_information(independent) < 1e-12


def counts(*cells):
    table = np.zeros((7, 7), dtype=int)
    for predicted, gold, number in cells:
        table[predicted, gold] = number
    return table


def test_what_tells_mentions_from_o():
    detector = [(OUT, OUT, 50), (OUT, B_PER, 20), (OUT, I_PER, 20), (I_ORG, B_PER, 9), (I_ORG, I_PER, 9)]
    assert tells_mentions(counts(*detector, (I_ORG, OUT, 1)))  # of 19 words in mentions one is O, of 109 there are 51
    assert not tells_mentions(counts(*detector, (I_ORG, OUT, 9)))
    assert not tells_mentions(counts((OUT, OUT, 50), (OUT, B_PER, 50)))
    right = [(OUT, OUT, 50), (B_PER, B_PER, 20), (B_LOC, B_LOC, 20), (I_PER, I_PER, 20)]
    assert tells_mentions(counts(*right))
    types = [(OUT, OUT, 50), (B_PER, B_LOC, 20), (B_LOC, B_PER, 20)]
    roles = [(OUT, OUT, 50), (I_PER, B_PER, 20), (B_PER, I_PER, 20)]
    assert not tells_mentions(counts(*types)) and not tells_mentions(counts(*roles))


def test_no_words_say_nothing():
    said = information([[]], [[]])
    assert said.none and said.mutual_information == 0
    assert GOOD_RENAMINGS < 1 / 7  # a head that gives O the right name and nothing else is not taken for a trained one
