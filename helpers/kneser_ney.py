"""The n-gram model that notebook 00 builds, for the notebooks that compare with it: PyTorch has none."""

import numpy as np
import torch
from torch import nn

from helpers import CourseError


def discounts(counts):
    """What is taken from a count of 1, of 2, and of 3 or more, after a 0 for the count of 0: (4,) float64.

    counts: the counts of one length of context, an array of whole numbers. Chen and Goodman's estimates (1999):
    Y = n1 / (n1 + 2 n2), and i - (i + 1) Y n(i+1) / n(i) for a count of i, where n(i) is how many counts equal i. With
    few counts that may be below 0, and 0 is taken then; without any count of 1 nothing is taken at all.
    """
    n1, n2, n3, n4 = (int((counts == i).sum()) for i in (1, 2, 3, 4))
    taken = np.zeros(4)
    if n1:
        Y = n1 / (n1 + 2 * n2)
        for i, now, after in ((1, n1, n2), (2, n2, n3), (3, n3, n4)):
            if now:
                taken[i] = max(i - (i + 1) * Y * after / now, 0)
    return taken


class KneserNey(nn.Module):
    """Interpolated Kneser-Ney of a given order with three discounts for each length of context: Chen and Goodman's
    modified form (1999).

    A language model of the course: tokens (batch, time) int64 -> log-probabilities (batch, time, vocabulary) float64.
    Counted from names at once; there is nothing to train. The order may be larger than any name is long.
    CourseError if the order is below 1 or there is no name.
    """

    def __init__(self, names, vocabulary, order):
        super().__init__()
        if order < 1 or not names:
            raise CourseError(f"A Kneser-Ney model needs an order of at least 1 and names, not {order} and "
                              f"{len(names)} names.")
        self.size = len(vocabulary)
        texts = [[0, *vocabulary.encode(name), 0] for name in names]
        text = np.array([token for tokens in texts for token in tokens])
        age = np.array([t for tokens in texts for t in range(len(tokens))])  # symbols of its name before each symbol
        places = np.flatnonzero(age > 0)  # of the symbols to be predicted
        rows = [np.zeros(len(text), dtype=np.int64)]  # rows[k][place]: the number of its context of k symbols
        self.contexts = [np.array([0])]  # for each k: the contexts of k symbols, as numbers, in order
        for k in range(1, min(order, age.max() + 1)):
            long = places[age[places] >= k]
            number = rows[k - 1][long] * self.size + text[long - k]  # the context without its oldest symbol, and that
            found, row = np.unique(number, return_inverse=True)
            rows.append(np.zeros_like(rows[0]))
            rows[k][long] = row
            self.contexts.append(found)
        self.counts, self.D = [], []  # for each k: counts of context and symbol, as (numbers in order, counts)
        for k in range(len(self.contexts)):
            plain = places[(age[places] >= k) if k == order - 1 else (age[places] == k)]
            found = rows[k][plain] * self.size + text[plain]
            if k + 1 < len(self.contexts):  # one for each different symbol that was seen before
                longer = places[age[places] >= k + 1]
                _, first = np.unique(rows[k + 1][longer] * self.size + text[longer], return_index=True)
                found = np.concatenate([found, rows[k][longer[first]] * self.size + text[longer[first]]])
            self.counts.append(np.unique(found, return_counts=True))
            self.D.append(discounts(self.counts[k][1]))

    def after(self, rows, numbers, counts):
        """The counts of every symbol after some contexts, given by their rows: (contexts, vocabulary) float64."""
        first = np.searchsorted(numbers, rows * self.size)
        each = np.searchsorted(numbers, (rows + 1) * self.size) - first  # how many symbols were seen after a context
        which = np.repeat(np.arange(len(rows)), each)
        entry = np.arange(len(which)) + np.repeat(first - np.cumsum(each) + each, each)
        table = np.zeros((len(rows), self.size))
        table[which, numbers[entry] % self.size] = counts[entry]
        return table

    def forward(self, tokens):
        tokens = tokens.numpy()
        P = np.full((*tokens.shape, self.size), 1 / self.size)  # (batch, time, vocabulary)
        row = np.zeros_like(tokens)  # the number of the context of k symbols at each place
        known = np.ones(tokens.shape, dtype=bool)  # whether it was seen
        lengths = list(zip(self.contexts, self.counts, self.D, strict=True))[:tokens.shape[1] + 1]
        for k, (contexts, c, D) in enumerate(lengths):
            if k:
                known[:, :k - 1] = False  # a context of k symbols begins before the name there
                number = row[:, k - 1:] * self.size + tokens[:, :tokens.shape[1] + 1 - k]
                row[:, k - 1:] = np.searchsorted(contexts, number).clip(max=len(contexts) - 1)
                known[:, k - 1:] &= contexts[row[:, k - 1:]] == number
            counts = self.after(row[known], *c)  # (known, vocabulary)
            taken = D[np.minimum(counts, 3).astype(int)]
            P[known] = (counts - taken + taken.sum(1, keepdims=True) * P[known]) / counts.sum(1, keepdims=True)
        with np.errstate(divide="ignore"):  # where no discount is taken, an unseen symbol has the probability 0
            return torch.from_numpy(np.log(P))
