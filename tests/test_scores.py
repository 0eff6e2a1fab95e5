"""helpers.scores"""

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from helpers import CourseError, scores

SEQUENCE = st.lists(st.sampled_from("AB"), max_size=10)
PAIRS = st.lists(st.tuples(SEQUENCE, SEQUENCE), min_size=1, max_size=6)


def distance(one, other):
    """The edit distance by its definition, without a table."""
    if not one or not other:
        return len(one) + len(other)
    return min(distance(one[1:], other) + 1, distance(one, other[1:]) + 1,
               distance(one[1:], other[1:]) + (one[0] != other[0]))


@given(st.lists(st.tuples(st.text("ABC", max_size=5), st.text("ABC", max_size=5)), min_size=1, max_size=4))
def test_edit_distances_are_the_ones_of_the_definition(pairs):
    outputs, references = zip(*pairs, strict=True)
    assert scores.edit_distances(outputs, references).tolist() == [distance(*pair) for pair in pairs]


@pytest.mark.parametrize(("output", "reference", "wanted"), [("KITTEN", "SITTING", 3), ("", "AB", 2), ("AB", "", 2),
                                                             ("AB", "AB", 0), ("ABC", "BC", 1), ("AC", "ABC", 1)])
def test_known_edit_distances(output, reference, wanted):
    assert scores.edit_distances([output], [reference]).tolist() == [wanted]


def test_error_rate_is_one_sum_over_another():
    assert scores.error_rate(["AB", "CCCC"], ["AB", "C"]) == pytest.approx(3 / 3)
    assert scores.exact_match(["AB", "CCCC"], ["AB", "C"]) == 0.5


@pytest.mark.parametrize("score", [scores.edit_distances, scores.error_rate, scores.exact_match, scores.bleu])
def test_scores_say_what_cannot_be_scored(score):
    with pytest.raises(CourseError, match="2 outputs for 1"):
        score(["A", "B"], ["A"])
    with pytest.raises(CourseError, match="nothing to score"):
        score([], [])


def test_empty_references_have_no_error_rate():
    with pytest.raises(CourseError, match="references are empty"):
        scores.error_rate(["A"], [""])


@given(PAIRS)
def test_bleu_is_sacrebleu(pairs):
    outputs, references = zip(*pairs, strict=True)
    theirs = sacrebleu.corpus_bleu([" ".join(o) for o in outputs], [[" ".join(r) for r in references]],
                                   tokenize="none", smooth_method="none", force=True).score
    assert scores.bleu(outputs, references) == pytest.approx(theirs, abs=1e-9)


def test_bleu_of_a_perfect_and_of_a_short_translation():
    assert scores.bleu(["ABCDE"], ["ABCDE"]) == pytest.approx(100)
    assert 0 < scores.bleu(["ABCD"], ["ABCDE"]) < 100
