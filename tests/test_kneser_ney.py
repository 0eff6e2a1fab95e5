"""The Kneser-Ney models of notebook 00 and of helpers against an independent one, straight from the definition."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from notebook_code import run_tagged

from helpers import CourseError, data, kneser_ney

NAMES = ["emma", "ada", "anna", "hannah", "mae", "amelia", "bo", "bob", "noah", "nora", "aa", "elena", "lena"]
VOCABULARY = data.Vocabulary()


@pytest.fixture(scope="module")
def notebook():
    return run_tagged("00_story_so_far", tags=("setup", "hand-built"))[0]


def by_hand(notebook, order):
    """The function P(symbol, context) of the notebook."""
    tables = notebook["count_different"](NAMES, order)
    return notebook["interpolate"](tables, [notebook["three_discounts"](table) for table in tables])


@cache
def occurrences(context, symbol):
    """How many times a symbol follows a context in the names, boundaries written as dots; a name's first is given."""
    places = [(f".{name}.", i) for name in NAMES for i in range(1, len(name) + 2)]
    return sum(text[:i].endswith(context) and text[i] == symbol for text, i in places)


@cache
def count(context, symbol, top):
    """The count that Kneser and Ney use: plain at the top and at the start of a name, else of different symbols."""
    if top or context.startswith("."):
        return occurrences(context, symbol)
    return sum(occurrences(before + context, symbol) > 0 for before in VOCABULARY.symbols)


@cache
def discounts(length, top):
    """Chen and Goodman's: what is taken from a count of 0, 1, 2, 3 or more, kept between 0 and the count."""
    contexts = {f".{name}"[i:i + length] for name in NAMES for i in range(len(name) + 2 - length)}
    counts = [count(context, symbol, top) for context in contexts for symbol in VOCABULARY.symbols]
    n = {i: Fraction(counts.count(i)) for i in (1, 2, 3, 4)}
    if not n[1]:
        return 0, 0, 0, 0
    Y = n[1] / (n[1] + 2 * n[2])
    one = 1 - 2 * Y * n[2] / n[1]
    two = 2 - 3 * Y * n[3] / n[2] if n[2] else 0
    three = 3 - 4 * Y * n[4] / n[3] if n[3] else 0
    return 0, max(one, 0), max(two, 0), max(three, 0)


@cache
def probability(context, symbol, order):
    """P(symbol | context) as an exact fraction; the context has at most order - 1 symbols."""
    top = len(context) == order - 1
    counts = {w: count(context, w, top) for w in VOCABULARY.symbols}
    lower = probability(context[1:], symbol, order) if context else Fraction(1, 27)
    total = sum(counts.values())
    if not total:
        return lower
    taken = {w: discounts(len(context), top)[min(c, 3)] for w, c in counts.items()}
    return (counts[symbol] - taken[symbol] + sum(taken.values()) * lower) / total


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 7, 9])
def test_exact_fractions_give_the_same(notebook, order):
    P = by_hand(notebook, order)
    for context in {text[len(text) - min(len(text), order - 1):] for text in (".", ".e", ".an", ".hann", "ann", "zzq")}:
        for symbol in VOCABULARY.symbols:
            assert P(symbol, context) == pytest.approx(float(probability(context, symbol, order)), rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 7, 8, 9, 16, 40])
def test_the_model_in_helpers_gives_the_same(order):
    """For any order, longer than all names too, and for names and contexts that were never seen."""
    names = ["ada", "hannah", "zzz", "q", "annabelle"]
    tokens, _ = data.to_tensors(names, VOCABULARY)
    P = kneser_ney.KneserNey(NAMES, VOCABULARY, order)(tokens).exp()
    assert torch.allclose(P.sum(-1), torch.ones(P.shape[:2], dtype=torch.float64))
    for row, name in enumerate(names):
        for t in range(len(name) + 1):
            context = f".{name}"[:t + 1][-(order - 1):] if order > 1 else ""
            wanted = [float(probability(context, symbol, order)) for symbol in VOCABULARY.symbols]
            assert np.allclose(P[row, t].numpy(), wanted, rtol=1e-12, atol=0), (name, t)


def test_the_discounts_are_those_of_chen_and_goodman(notebook):
    """Twelve counts of 1, six of 2, three of 3 and two of 4: Y = 12/24; 1 - Y, 2 - 3Y/2, 3 - 4Y 2/3."""
    counts = 12 * [1] + 6 * [2] + 3 * [3] + 2 * [4] + [9]
    wanted = [0, 1 / 2, 2 - 3 / 4, 3 - 4 / 3]
    assert kneser_ney.discounts(np.array(counts)).tolist() == pytest.approx(wanted)
    table = {str(i): {"a": count} for i, count in enumerate(counts)}
    assert notebook["three_discounts"](table) == pytest.approx(wanted)


@pytest.mark.parametrize("counts", [[2, 2, 5], [1], [1, 2, 2, 2, 3, 3, 3, 3, 3], [1, 3, 3]])
def test_few_counts_never_take_more_than_there_is_nor_less_than_nothing(notebook, counts):
    taken = kneser_ney.discounts(np.array(counts))
    assert all(0 <= each <= i for i, each in enumerate(taken))
    table = {str(i): {"a": count} for i, count in enumerate(counts)}
    assert notebook["three_discounts"](table) == pytest.approx(taken.tolist())


@pytest.mark.parametrize("names, order", [([], 3), (NAMES, 0)])
def test_bad_input_is_named(names, order):
    with pytest.raises(CourseError, match="order of at least 1"):
        kneser_ney.KneserNey(names, VOCABULARY, order)
