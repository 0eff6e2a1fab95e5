"""Notebook 00."""

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
SUMS, COUNTS = torch.tensor([900.0, 110.0, 6.0]), torch.tensor([400.0, 50.0, 2.0])
PAIRS = torch.randint(0, 3, (6, 5), generator=generator)
LOG_P, LOG_Q = (torch.rand(50, generator=generator).clamp(min=0.01).log() for _ in range(2))


def share(counts):
    return counts / counts.sum()


EXERCISES = {
    "00.1": Exercise(
        lambda sums, counts: sums.sum() / counts.sum(),
        [(SUMS, COUNTS), (SUMS[:2], COUNTS[:2])],
        {"that is the mean of the batches' means, in which a symbol of a small batch counts more than others.":
             lambda sums, counts: (sums / counts).mean(),
         "that is the mean per batch; it is wanted per symbol.": lambda sums, counts: sums.mean(),
         "that is the sum; it is wanted per symbol.": lambda sums, counts: sums.sum()}),
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
