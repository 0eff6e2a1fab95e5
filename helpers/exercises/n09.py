"""Notebook 09."""

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise
from helpers.exercises.n08 import split, split_across

generator = torch.Generator().manual_seed(0)


def draw(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


LOGITS, H = draw(6), draw(2, 5, 4)
MATRICES = [draw(4, 12), draw(4, 4), draw(4, 16), draw(16, 4)]


def normal(x):
    return F.layer_norm(x, x.shape[-1:])


def gelu(x):
    return F.gelu(x, approximate="tanh")


def attended(h, W_QKV, W_O, heads, cut=split, causal=True, order=(0, 1, 2), **options):
    parts = (h @ W_QKV).chunk(3, -1)
    Q, K, V = (cut(parts[i], heads) for i in order)
    out = F.scaled_dot_product_attention(Q, K, V, is_causal=causal, **options)
    return out.transpose(1, 2).flatten(2) @ W_O


def block(h, W_QKV, W_O, W_1, W_2, heads, curve=gelu, keep=1, keep_2=1, **options):
    h = normal(keep * h + attended(h, W_QKV, W_O, heads, **options))
    return normal(keep_2 * h + curve(h @ W_1) @ W_2)


def pre_norm(h, W_QKV, W_O, W_1, W_2, heads):
    h = h + attended(normal(h), W_QKV, W_O, heads)
    return h + gelu(normal(h) @ W_1) @ W_2


def one_norm(h, W_QKV, W_O, W_1, W_2, heads):
    h = h + attended(h, W_QKV, W_O, heads)
    return normal(h + gelu(h @ W_1) @ W_2)


def no_norm(h, W_QKV, W_O, W_1, W_2, heads):
    h = h + attended(h, W_QKV, W_O, heads)
    return h + gelu(h @ W_1) @ W_2


def drawn(logits, temperature, k):
    kept = logits.masked_fill(logits < logits.topk(k).values[-1], -torch.inf)
    return (kept / temperature).softmax(0)


def weights(v, d, n, k, output=0, matrices=12, vectors=13, positions=1):
    return (v + positions * k) * d + output * v * d + n * (matrices * d * d + vectors * d)


EXERCISES = {
    "09.1": Exercise(
        block,
        [(H, *MATRICES, 2), (H[:1] * 2, *MATRICES, 1)],
        {"the mask is missing: a position must not see those after it.": lambda *a: block(*a, causal=False),
         "that is ReLU; GELU is asked for.": lambda *a: block(*a, curve=F.relu),
         "that is the exact GELU, with the error function; the form with tanh is asked for.":
             lambda *a: block(*a, curve=F.gelu),
         "the curve between the two matrices is missing.": lambda *a: block(*a, curve=lambda x: x),
         "the first residual connection is missing.": lambda *a: block(*a, keep=0),
         "the second residual connection is missing.": lambda *a: block(*a, keep_2=0),
         "both residual connections are missing.": lambda *a: block(*a, keep=0, keep_2=0),
         "that is pre-norm: here the norm comes after the sum.": pre_norm,
         "there are two norms, one after each sum.": one_norm,
         "the norms are missing.": no_norm,
         "the scores are not scaled.": lambda *a: block(*a, scale=1.0),
         "the scale is that of one head, not of the whole width.":
             lambda *a: block(*a, scale=a[0].shape[-1] ** -0.5),
         "there is one head; cut Q, K and V into `heads`.": lambda *a: block(*a[:-1], 1),
         "a head gets d / heads neighbouring columns of every position; yours cuts across the positions.":
             lambda *a: block(*a, cut=split_across),
         "the order in W_QKV is queries, keys, values.": lambda *a: block(*a, order=(1, 0, 2)),
         "the product with W_O is missing.":
             lambda h, W_QKV, W_O, *a: block(h, W_QKV, torch.eye(len(W_O), dtype=W_O.dtype), *a)},
        gradients=["h", "W_QKV", "W_O", "W_1", "W_2", "heads"]),
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
        weights,
        [(40478, 768, 12, 512), (28, 64, 2, 24), (5, 2, 1, 3)],
        {"the output is tied: its matrix is the embeddings'.": lambda *a: weights(*a, output=1),
         "the positions are missing.": lambda *a: weights(*a, positions=0),
         "4 d weights of each block are missing: the attention's biases or the normalisations.":
             lambda *a: weights(*a, vectors=9),
         "the biases of the feed-forward network are missing.": lambda *a: weights(*a, vectors=8),
         "the biases are missing.": lambda *a: weights(*a, vectors=4),
         "the attention has four matrices: for queries, keys, values and for the output.":
             lambda *a: weights(*a, matrices=11)}),
}
