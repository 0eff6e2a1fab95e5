"""Notebook 04."""

import numpy as np
import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
W, U = torch.randn(15, 4, generator=generator).double(), torch.randn(15, 5, generator=generator).double()
B_I, B_H = torch.randn(2, 15, generator=generator).double()
X = torch.randn(3, 6, 4, generator=generator).double()


def gru(x, W, U, b_i, b_h, order="rzn", keep=True, squash=torch.tanh, reset="state"):
    h, states = torch.zeros(len(x), U.shape[1], dtype=x.dtype), []
    for x_t in x.unbind(1):
        a = dict(zip(order, (x_t @ W.T + b_i).chunk(3, 1), strict=True))
        u = dict(zip(order, (h @ U.T + b_h).chunk(3, 1), strict=True))
        r, z = torch.sigmoid(a["r"] + u["r"]), torch.sigmoid(a["z"] + u["z"])
        matrix, bias = dict(zip(order, U.chunk(3), strict=True))["n"], dict(zip(order, b_h.chunk(3), strict=True))["n"]
        seen = {"state": r * u["n"], "none": u["n"], "before": (r * h) @ matrix.T + bias,
                "outside": r * (u["n"] - bias) + bias, "both": r * (a["n"] + u["n"]) - a["n"]}[reset]
        new = squash(a["n"] + seen)
        h = z * h + (1 - z) * new if keep else (1 - z) * h + z * new
        states.append(h)
    return torch.stack(states, 1)


class Decoder:
    """A decoder of six symbols whose next logits depend on everything written."""

    def __init__(self, seed):
        self.table = torch.randn(97, 6, generator=torch.Generator().manual_seed(seed))

    def __repr__(self):
        return f"Decoder with {self.table}"

    def encode(self, source, lengths):
        return (source[:, 0],)

    def step(self, state, tokens):
        key = (5 * state[0] + tokens + 1) % 97
        return self.table[key], (key,)


def greedy(model, source, lengths, longest, feed=True, carry=True, boundary=False, sure=True):
    state, token, written = model.encode(source, lengths), torch.tensor([0]), []
    start = state
    while len(written) < longest:
        logits, state = model.step(state if carry else start, token if feed else torch.tensor([0]))
        token = logits.argmax(1) if sure else logits.argmin(1)
        if token.item() == 0:
            return [*written, 0] if boundary else written
        written.append(token.item())
    return written


def sentence(first):
    return torch.tensor([[first, 2, 0]]), torch.tensor([3])


EXERCISES = {
    "04.1": Exercise(
        gru,
        [(X, W, U, B_I, B_H), (X[:1, :1], W, U, B_I, B_H)],
        {"z is the weight of the old state in nn.GRU; you gave it to the candidate.": lambda *a: gru(*a, keep=False),
         "the order is r, z, n; you swapped the two gates.": lambda *a: gru(*a, order="zrn"),
         "the candidate goes through tanh.": lambda *a: gru(*a, squash=lambda u: u),
         "the reset gate is missing.": lambda *a: gru(*a, reset="none"),
         "in variant b the reset gate multiplies after the matrix.": lambda *a: gru(*a, reset="before"),
         "the bias from b_h belongs inside the brackets, where the reset gate multiplies it.":
             lambda *a: gru(*a, reset="outside"),
         "the reset gate is only for what comes from the state.": lambda *a: gru(*a, reset="both")},
        gradients=["x", "W", "U", "b_i", "b_h"]),
    "04.2": Exercise(
        lambda h, a: np.tanh(a) / (np.tanh(a) - h),
        [(0.8, -1.0), (0.1, -2.0), (0.5, -0.2)],
        {"the candidate is tanh(a), not a.": lambda h, a: a / (a - h),
         "that is the weight of the candidate, 1 - z.": lambda h, a: h / (h - np.tanh(a)),
         "both parts have a weight: z and 1 - z.": lambda h, a: -np.tanh(a) / h}),
    "04.3": Exercise(
        greedy,
        [(Decoder(seed), *sentence(first), longest)
         for seed, first, longest in ((0, 2, 12), (0, 4, 12), (0, 5, 12), (3, 1, 12), (3, 4, 12), (5, 3, 3))],
        {"the step must read what was written last, not the boundary each time.":
             lambda *a: greedy(*a, feed=False),
         "the state that step returns must be carried on.": lambda *a: greedy(*a, carry=False),
         "leave out the boundary at the end.": lambda *a: greedy(*a, boundary=True),
         "take the likeliest symbol, the one with the largest logit.": lambda *a: greedy(*a, sure=False)}),
}
