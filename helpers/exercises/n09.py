"""Notebook 09."""

import math

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
X, LOGITS = (torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((3, 4), (6,)))
H, LETTERS = torch.randn(3, 7, 2, generator=generator, dtype=torch.float64), torch.tensor([5, 3, 1])


def gelu(x, factor=0.044715, root=0.5, power=3):
    return 0.5 * x * (1 + torch.tanh((2 / math.pi) ** root * (x + factor * x ** power)))


def drawn(logits, temperature, k):
    kept = logits.masked_fill(logits < logits.topk(k).values[-1], -torch.inf)
    return (kept / temperature).softmax(0)


def at(h, places):
    return h[torch.arange(len(h)), places]


def weights(v, d, n, k, output=0, matrices=12, vectors=13, positions=1):
    return (v + positions * k) * d + output * v * d + n * (matrices * d * d + vectors * d)


EXERCISES = {
    "09.1": Exercise(
        gelu,
        [(2 * X,), (torch.linspace(-3, 3, 7, dtype=torch.float64),)],
        {"that is ReLU.": F.relu,
         "that is the exact GELU, with the error function; the form with tanh is asked for.": F.gelu,
         "the cubic term is missing.": lambda x: gelu(x, factor=0.0),
         "the third power, not the second.": lambda x: gelu(x, power=2),
         "the factor before the bracket is the root of 2 / pi.": lambda x: gelu(x, root=1),
         "the half is missing.": lambda x: 2 * gelu(x)}),
    "09.2": Exercise(
        drawn,
        [(LOGITS, 0.5, 2), (LOGITS, 2.0, 4), (LOGITS, 1.0, 1)],
        {"divide by the temperature; you multiply.": lambda logits, t, k: drawn(logits, 1 / t, k),
         "the temperature is missing.": lambda logits, t, k: drawn(logits, 1.0, k),
         "the cut to the k largest is missing.": lambda logits, t, k: (logits / t).softmax(0),
         "that keeps the k smallest.":
             lambda logits, t, k: (logits.masked_fill(logits > logits.sort().values[k - 1], -torch.inf) / t).softmax(0),
         "the probabilities that are left must add up to 1 again.":
             lambda logits, t, k: (logits / t).softmax(0) * (drawn(logits, t, k) > 0),
         "a logit of 0 is not a probability of 0.":
             lambda logits, t, k: (logits * (drawn(logits, t, k) > 0) / t).softmax(0)}),
    "09.3": Exercise(
        lambda h, letters: at(h, letters + 1),
        [(H, LETTERS), (H[1:], LETTERS[1:])],
        {"that is the state at the last letter; the boundary stands in front of the first.":
             lambda h, letters: at(h, letters),
         "that is the state at the last letter but one.": lambda h, letters: at(h, letters - 1),
         "the last column is padding for the shorter names.": lambda h, letters: h[:, -1]}),
    "09.4": Exercise(
        weights,
        [(40478, 768, 12, 512), (28, 64, 2, 24), (5, 2, 1, 3)],
        {"the output is tied: its matrix is the embeddings'.": lambda *a: weights(*a, output=1),
         "the positions are missing.": lambda *a: weights(*a, positions=0),
         "4 d weights of each layer are missing: the attention's biases or the normalisations.":
             lambda *a: weights(*a, vectors=9),
         "the biases of the feed-forward network are missing.": lambda *a: weights(*a, vectors=8),
         "the biases are missing.": lambda *a: weights(*a, vectors=4),
         "the attention has four matrices: for queries, keys, values and for the output.":
             lambda *a: weights(*a, matrices=11)}),
}
