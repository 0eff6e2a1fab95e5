"""Notebook 05."""

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
S, NOTES = torch.randn(4, generator=generator), torch.randn(6, 8, generator=generator)
W_A, U_A, V_A = (torch.randn(shape, generator=generator) for shape in ((4, 4), (4, 8), (4,)))
E, H = torch.randn(3, 6, generator=generator), torch.randn(3, 6, 8, generator=generator)
LENGTHS = torch.tensor([6, 2, 4])
T = torch.randn(3, 10, generator=generator)


def scores_of(s, h, W_a, U_a, v_a, squash=torch.tanh):
    return squash(W_a @ s + h @ U_a.T) @ v_a


def contexts_of(e, lengths, h, fill=-torch.inf, more=0):
    there = torch.arange(e.shape[1]) < lengths[:, None] + more
    return (e.masked_fill(~there, fill).softmax(1)[:, :, None] * h).sum(1)


def masked_late(e, lengths, h):
    there = torch.arange(e.shape[1]) < lengths[:, None]
    return ((e.softmax(1) * there)[:, :, None] * h).sum(1)


EXERCISES = {
    "05.1": Exercise(
        lambda *a: scores_of(*a).softmax(0),
        [(S, NOTES, W_A, U_A, V_A), (S, NOTES[:2], W_A, U_A, V_A)],
        {"these are the scores; the softmax is missing.": scores_of,
         "the tanh is missing.": lambda *a: scores_of(*a, squash=lambda x: x).softmax(0),
         "W_a is used the wrong way round: W_a @ s, not s @ W_a.":
             lambda s, h, W_a, U_a, v_a: scores_of(s, h, W_a.T, U_a, v_a).softmax(0),
         "exp alone does not make shares; divide by the sum: a softmax.": lambda *a: scores_of(*a).exp(),
         "the state s is left out.": lambda s, h, W_a, U_a, v_a: scores_of(0 * s, h, W_a, U_a, v_a).softmax(0),
         "the scores are divided by their sum only after exp: use a softmax.":
             lambda *a: scores_of(*a) / scores_of(*a).sum()}),
    "05.2": Exercise(
        contexts_of,
        [(E, LENGTHS, H), (E[1:], LENGTHS[1:], H[1:]), (E - 300, LENGTHS, H)],
        {"the padding still gets its share.": lambda e, lengths, h: (e.softmax(1)[:, :, None] * h).sum(1),
         "a score of 0 is not a share of 0.": lambda *a: contexts_of(*a, fill=0.0),
         "a score of -100 is not small if all the others are smaller; take -inf.":
             lambda *a: contexts_of(*a, fill=-100.0),
         "a sentence of 2 letters has the places 0 and 1; you left in one more.": lambda *a: contexts_of(*a, more=1),
         "the shares that are left no longer add up to 1: mask before the softmax.": masked_late}),
    "05.3": Exercise(
        lambda t: torch.maximum(t[:, 0::2], t[:, 1::2]),
        [(T,), (T[:1, :4],)],
        {"you compare the two halves; the pairs are neighbours.": lambda t: torch.maximum(*t.chunk(2, 1)),
         "that is the smaller of each pair.": lambda t: torch.minimum(t[:, 0::2], t[:, 1::2])}),
    "05.4": Exercise(
        lambda letters, steps, n: (steps - 1) * letters * 2 * n * n,
        [(7, 5, 96), (30, 26, 1000), (1, 2, 1)],
        {"once it must be computed all the same.": lambda letters, steps, n: steps * letters * 2 * n * n,
         "an annotation has 2n numbers.": lambda letters, steps, n: (steps - 1) * letters * n * n,
         "that is for one letter.": lambda letters, steps, n: (steps - 1) * 2 * n * n}),
}
