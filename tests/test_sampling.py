"""helpers.sampling"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from helpers import CourseError, data, sampling

VOCABULARY = data.Vocabulary()


class Fixed(nn.Module):
    """After any symbol the same logits."""

    def __init__(self, probabilities):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(27).scatter(0, torch.tensor(list(probabilities)),
                                                           torch.tensor(list(probabilities.values()))).log())

    def forward(self, tokens):
        return self.logits.expand(*tokens.shape, 27)


THREE = Fixed({0: 0.25, 1: 0.5, 2: 0.25})


def test_samples_follow_the_distribution():
    names = sampling.sample(THREE, VOCABULARY, 4000, seed=1)
    assert set("".join(names)) == {"a", "b"}
    first = [name[:1] for name in names]
    assert first.count("a") / 4000 == pytest.approx(0.5, abs=0.03)
    assert first.count("") / 4000 == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(("temperature", "share"), [(0.5, 0.25 / 0.375), (2.0, 0.5**0.5 / (0.5**0.5 + 1))])
def test_temperature(temperature, share):
    names = sampling.sample(THREE, VOCABULARY, 4000, temperature=temperature)
    assert [name[:1] for name in names].count("a") / 4000 == pytest.approx(share, abs=0.03)


def test_top_k():
    assert set(sampling.sample(THREE, VOCABULARY, 50, top_k=1, max_length=6)) == {"aaaaaa"}
    assert sampling.sample(THREE, VOCABULARY, 9, top_k=99) == sampling.sample(THREE, VOCABULARY, 9)


@given(st.floats(0.1, 5), st.integers(1, 27))
def test_filtered_is_a_distribution_over_k_symbols(temperature, k):
    logits = torch.randn(3, 27, generator=torch.Generator().manual_seed(k))
    p = sampling.filtered(logits, temperature, k).softmax(-1)
    assert (p > 0).sum(1).tolist() == [k] * 3
    assert torch.allclose(p.sum(1), torch.ones(3))


def test_prompt_seed_and_length():
    names = sampling.sample(THREE, VOCABULARY, 20, prompt="zo", max_length=5, seed=2)
    assert all(name.startswith("zo") and len(name) <= 5 for name in names)
    assert names == sampling.sample(THREE, VOCABULARY, 20, prompt="zo", max_length=5, seed=2)
    assert names != sampling.sample(THREE, VOCABULARY, 20, prompt="zo", max_length=5, seed=3)


def test_the_mode_stays():
    THREE.train()
    sampling.sample(THREE, VOCABULARY, 2)
    assert THREE.training


@pytest.mark.parametrize(("options", "message"), [
    ({"temperature": 0}, "above 0"), ({"temperature": float("nan")}, "above 0"), ({"top_k": 0}, "at least 1"),
    ({"prompt": "é"}, "never saw 'é'")])
def test_bad_input(options, message):
    with pytest.raises(CourseError, match=message):
        sampling.sample(THREE, VOCABULARY, 2, **options)


def test_marked():
    assert sampling.marked(["ada", "xx"], ["ada"]) == "ada*  xx\n1 of 2 are new; * was seen in training"
