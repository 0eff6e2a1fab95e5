"""Notebook 05."""

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
S, H = torch.randn(3, 4, generator=generator).double(), torch.randn(3, 6, 8, generator=generator).double()
W_A, U_A = torch.randn(4, 4, generator=generator).double(), torch.randn(4, 8, generator=generator).double()
V_A = 2 * torch.randn(4, generator=generator).double()
PADDING = torch.arange(6) >= torch.tensor([5, 2, 4])[:, None]
E = 2 * torch.randn(6, generator=generator).double()


def attention(s, h, padding, W_a, U_a, v_a, squash=torch.tanh, fill=-torch.inf, use=True, ask=1):
    e = squash((ask * s @ W_a.T)[:, None] + h @ U_a.T) @ v_a
    weights = e.masked_fill(padding, fill).softmax(1) if use else e.softmax(1)
    return (weights[:, :, None] * h).sum(1)


def masked_late(s, h, padding, W_a, U_a, v_a):
    weights = (torch.tanh((s @ W_a.T)[:, None] + h @ U_a.T) @ v_a).softmax(1) * ~padding
    return (weights[:, :, None] * h).sum(1)


def gradient(scores, h, middle=True, weigh=True):
    alpha = scores.softmax(0)
    row = h - alpha @ h if middle else h
    return alpha[:, None] * row if weigh else row


EXERCISES = {
    "05.1": Exercise(
        attention,
        [(S, H, PADDING, W_A, U_A, V_A), (S[1:], H[1:], PADDING[1:], W_A, U_A, V_A)],
        {"the padding still gets weight.": lambda *a: attention(*a, use=False),
         "a score of 0 is not a weight of 0.": lambda *a: attention(*a, fill=0.0),
         "the mask is the wrong way round: padding is True where there is no letter.":
             lambda s, h, padding, *weights: attention(s, h, ~padding, *weights),
         "the weights that are left no longer add up to 1: mask before the softmax.": masked_late,
         "the tanh is missing.": lambda *a: attention(*a, squash=lambda x: x),
         "W_a is used the wrong way round.":
             lambda s, h, padding, W_a, U_a, v_a: attention(s, h, padding, W_a.T, U_a, v_a),
         "the state s is left out.": lambda *a: attention(*a, ask=0)},
        gradients=["s", "h", "padding", "W_a", "U_a", "v_a"]),
    "05.2": Exercise(
        gradient,
        [(E, H[0]), (E[:2], H[1, :2])],
        {"a score that goes up takes weight from all the other letters.": lambda *a: gradient(*a, middle=False),
         "each row must be multiplied by its weight.": lambda *a: gradient(*a, weigh=False),
         "that is the derivative if only the letter's own weight moves.":
             lambda scores, h: (scores.softmax(0) * (1 - scores.softmax(0)))[:, None] * h}),
    "05.3": Exercise(
        lambda letters, steps, n: (steps - 1) * letters * 2 * n * n,
        [(7, 5, 96), (30, 26, 1000), (1, 2, 1)],
        {"once it must be computed all the same.": lambda letters, steps, n: steps * letters * 2 * n * n,
         "an annotation has 2n numbers.": lambda letters, steps, n: (steps - 1) * letters * n * n,
         "that is for one letter.": lambda letters, steps, n: (steps - 1) * 2 * n * n}),
}
