"""Notebook 00."""

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
WEIGHTS = [torch.randn(shape, generator=generator, dtype=torch.float64)
           for shape in ((27, 2), (5, 6), (5,), (27, 5), (27,), (27, 6))]  # C, H, d, U, b, W
PAIRS = torch.randint(0, 3, (6, 5), generator=generator)
LOG_P, LOG_Q = (torch.rand(50, generator=generator).clamp(min=0.01).log() for _ in range(2))


def share(counts):
    return counts / counts.sum()


def with_torch(window, C, H, d, U, b, W):
    """Bengio's network for one window, from PyTorch's functions."""
    x = F.embedding(window, C).flatten()
    return F.linear(torch.tanh(F.linear(x, H, d)), U, b) + F.linear(x, W)


def by_equations(window, C, H, d, U, b, W, unit=torch.tanh, direct=True):
    x = C[window].flatten()
    return b + direct * (W @ x) + U @ unit(d + H @ x)


EXERCISES = {
    "00.1": Exercise(
        with_torch,
        [(torch.tensor([3, 1, 0]), *WEIGHTS), (torch.tensor([5, 5, 2]), *WEIGHTS)],
        {"these are probabilities; the logits are wanted.": lambda *given: by_equations(*given).softmax(-1),
         "there is a tanh around d + Hx.": lambda *given: by_equations(*given, unit=lambda z: z),
         "the direct connections Wx are missing.": lambda *given: by_equations(*given, direct=False),
         "most recent first means that the window is taken as it is given.":
             lambda window, *weights: by_equations(window.flip(0), *weights)},
        gradients=["window", "C", "H", "d", "U", "b", "W"]),
    "00.2": Exercise(
        lambda k, dilations: 1 + (k - 1) * sum(dilations),
        [(2, [1, 2, 4, 8]), (2, [1, 1, 1, 1]), (3, [1, 3, 9])],
        {"you forgot the symbol itself: with no layer at all the field is 1.":
             lambda k, dilations: (k - 1) * sum(dilations),
         "a kernel of size k reaches back k - 1 places, not k.": lambda k, dilations: 1 + k * sum(dilations),
         "that is right only for dilations 1, 2, 4, ... and kernels of size 2.": lambda k, dilations: 2**len(dilations),
         "that is the reach of the top layer alone.": lambda k, dilations: 1 + (k - 1) * dilations[-1]}),
    "00.3": Exercise(
        lambda C: share((C > 0).sum(0)),
        [(PAIRS,), (PAIRS[:4],)],
        {"you counted occurrences, not different symbols.": lambda C: share(C.sum(0)),
         "you counted the symbols after each symbol, not before it.": lambda C: share((C > 0).sum(1)),
         "these are counts; divide by their sum.": lambda C: (C > 0).sum(0)}),
    "00.4": Exercise(
        lambda log_p, log_q, weight: -(weight * log_p.exp() + (1 - weight) * log_q.exp()).log().mean(),
        [(LOG_P, LOG_Q, 0.5), (LOG_P, LOG_Q, 0.9)],
        {"you mixed the logarithms; mix the probabilities, then take the logarithm.":
             lambda log_p, log_q, weight: -(weight * log_p + (1 - weight) * log_q).mean(),
         "the share `weight` belongs to the first model.":
             lambda log_p, log_q, weight: -(weight * log_q.exp() + (1 - weight) * log_p.exp()).log().mean(),
         "a loss is minus the log-probability.":
             lambda log_p, log_q, weight: (weight * log_p.exp() + (1 - weight) * log_q.exp()).log().mean(),
         "that is the sum; it is wanted per symbol.":
             lambda log_p, log_q, weight: -(weight * log_p.exp() + (1 - weight) * log_q.exp()).log().sum()}),
}
