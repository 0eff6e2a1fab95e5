"""The Kneser-Ney models of notebook 00 and of helpers against an independent one, straight from the definition."""

import math
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


@pytest.fixture(params=["notebook", "helpers"])
def model_class(request, notebook):
    return notebook["KneserNey"] if request.param == "notebook" else kneser_ney.KneserNey


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


@pytest.mark.parametrize("order", [1, 2, 3, 4, 9])
def test_same_probabilities(notebook, order):
    model = notebook["KneserNey"](NAMES, VOCABULARY, order)
    contexts = {"."[:order - 1], ".e"[-(order - 1):] if order > 1 else "", ".an"[-(order - 1):] if order > 1 else "",
                "ann"[-(order - 1):] if order > 1 else "", "zzq"[-(order - 1):] if order > 1 else ""}
    for context in contexts:
        ours = model.P(tuple(VOCABULARY.number[symbol] for symbol in context))
        theirs = [float(probability(context, symbol, order)) for symbol in VOCABULARY.symbols]
        assert np.allclose(ours, theirs, rtol=1e-12), (order, context)


def test_logits_are_the_log_probabilities_of_the_right_contexts(model_class):
    model = model_class(NAMES, VOCABULARY, 3)
    tokens, _ = data.to_tensors(["ada"], VOCABULARY)
    for t, context in enumerate([".", ".a", "ad", "da"]):
        log_p = model(tokens)[0, t]
        for symbol in "a.dz":
            wanted = math.log(probability(context, symbol, 3))
            assert log_p[VOCABULARY.number[symbol]].item() == pytest.approx(wanted, rel=1e-12)
    assert torch.allclose(model(tokens).exp().sum(-1), torch.ones(1, 4, dtype=torch.float64))


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 7, 8, 16, 40])
def test_the_model_in_helpers_agrees_with_the_notebook(notebook, order):
    tokens, _ = data.to_tensors([*NAMES, "zzz", "q", "annabelle"], VOCABULARY)
    ours, theirs = (cls(NAMES, VOCABULARY, order)(tokens) for cls in (kneser_ney.KneserNey, notebook["KneserNey"]))
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=0)


@pytest.mark.parametrize("names, order", [([], 3), (NAMES, 0)])
def test_bad_input_is_named(names, order):
    with pytest.raises(CourseError, match="order of at least 1"):
        kneser_ney.KneserNey(names, VOCABULARY, order)
