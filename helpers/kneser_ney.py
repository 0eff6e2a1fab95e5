"""The n-gram model that notebook 00 builds, for the notebooks that compare with it: PyTorch has none."""

import numpy as np
import torch
from torch import nn

from helpers import CourseError


class KneserNey(nn.Module):
    """Interpolated Kneser-Ney (Chen and Goodman 1999) of a given order, one discount n1 / (n1 + 2 n2) for each length.

    A language model of the course: tokens (batch, time) int64 -> log-probabilities (batch, time, vocabulary) float64.
    Counted from names at once; there is nothing to train. CourseError if the order is below 1 or there is no name.
    """

    def __init__(self, names, vocabulary, order):
        super().__init__()
        if order < 1 or not names:
            raise CourseError(f"A Kneser-Ney model needs an order of at least 1 and names, not {order} and "
                              f"{len(names)} names.")
        self.size = len(vocabulary)
        grams = [[] for _ in range(order)]  # grams[k]: k symbols of context and the symbol after them, as one number
        for name in names:
            tokens = [0, *vocabulary.encode(name), 0]
            for t in range(1, len(tokens)):
                k = min(order - 1, t)
                grams[k].append(self.number(tokens[t - k:t + 1]))
        self.tables, lower = [], np.array([], dtype=np.int64)
        for k in reversed(range(order)):
            different, counts = np.unique(np.concatenate([np.array(grams[k], dtype=np.int64), lower]),
                                          return_counts=True)
            contexts, rows = np.unique(different // self.size, return_inverse=True)
            c = np.zeros((len(contexts), self.size))
            c[rows, different % self.size] = counts
            ones, twos = (counts == 1).sum(), (counts == 2).sum()
            self.tables.insert(0, (contexts, c, ones / (ones + 2 * twos) if ones else 0.0))
            lower = different % self.size ** k  # each different gram, without its oldest symbol, counts once

    def number(self, tokens):
        """Tokens as the digits of one number."""
        return sum(token * self.size ** place for place, token in enumerate(reversed(tokens)))

    def forward(self, tokens):
        tokens = tokens.numpy()
        P = np.full((*tokens.shape, self.size), 1 / self.size)  # (batch, time, vocabulary)
        code = np.zeros_like(tokens)  # the context of k symbols at each place, as one number
        for k, (contexts, c, D) in enumerate(self.tables):
            if k:  # one symbol more, k - 1 places back
                code[:, k - 1:] += tokens[:, :tokens.shape[1] + 1 - k] * self.size ** (k - 1)
            rows = np.searchsorted(contexts, code).clip(max=len(contexts) - 1)
            found = contexts[rows] == code
            found[:, :max(k - 1, 0)] = False  # a context of k symbols begins before the name there
            c = c[rows[found]]  # (found, vocabulary)
            taken = D * (c > 0).sum(1, keepdims=True)
            P[found] = (np.maximum(c - D, 0) + taken * P[found]) / c.sum(1, keepdims=True)
        return torch.from_numpy(np.log(P))
