"""Notebook 08."""

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
Q, K, W = (torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((3, 4), (5, 4), (4, 4)))
V = torch.randn(5, 2, generator=generator, dtype=torch.float64)
MASK = torch.tensor([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0], [0, 1, 0, 1, 1]], dtype=torch.bool)


def outputs(Q, K, V, mask, scale=None, axis=1):
    scores = Q @ K.T / (K.shape[1] ** 0.5 if scale is None else scale)
    return scores.masked_fill(~mask, -torch.inf).softmax(axis).nan_to_num() @ V


def position(pos, d, base=10000, exponent=2, swapped=False, apart=False):
    angle = pos / base ** (exponent * torch.arange(d // 2, dtype=torch.float64) / d)
    waves = [angle.cos(), angle.sin()] if swapped else [angle.sin(), angle.cos()]
    return torch.cat(waves) if apart else torch.stack(waves, 1).flatten()


def normal(x):
    return F.layer_norm(x, x.shape[-1:])


def weights(d, f, attention=4, biases=0, norms=2):
    return attention * d * d + biases * d + 2 * d * f + f + d + 2 * norms * d


EXERCISES = {
    "08.1": Exercise(
        outputs,
        [(Q, K, V, MASK), (W, K, V, MASK[[0, 1, 2, 0]])],
        {"the scale is missing.": lambda Q, K, V, mask: outputs(Q, K, V, mask, scale=1.0),
         "divide by the root of d_k, not by d_k.": lambda Q, K, V, mask: outputs(Q, K, V, mask, scale=K.shape[1]),
         "divide by the root of d_k, not of the number of keys.":
             lambda Q, K, V, mask: outputs(Q, K, V, mask, scale=len(K) ** 0.5),
         "the mask is true where a query may look, not where it may not.":
             lambda Q, K, V, mask: outputs(Q, K, V, ~mask),
         "the mask is missing.": lambda Q, K, V, mask: outputs(Q, K, V, torch.ones_like(mask)),
         "mask before the softmax: otherwise the shares do not add up to 1.":
             lambda Q, K, V, mask: ((Q @ K.T / K.shape[1] ** 0.5).softmax(1) * mask) @ V,
         "masked scores must be -inf; a score of 0 gets a share like any other.":
             lambda Q, K, V, mask: (Q @ K.T / K.shape[1] ** 0.5 * mask).softmax(1) @ V,
         "the softmax goes over the keys, not over the queries.":
             lambda Q, K, V, mask: outputs(Q, K, V, mask, axis=0)}),
    "08.2": Exercise(
        position,
        [(1, 4), (7, 8), (30, 6)],
        {"sines and cosines take turns.": lambda pos, d: position(pos, d, apart=True),
         "sine in the even columns, cosine in the odd ones.": lambda pos, d: position(pos, d, swapped=True),
         "the exponent is 2i / d_model, with i the number of the pair.": lambda pos, d: position(pos, d, exponent=1)}),
    "08.3": Exercise(
        lambda x, W: normal(x + x @ W),
        [(Q, W), (K, W + 1)],
        {"that is pre-norm: the paper normalises after the sum.": lambda x, W: x + normal(x) @ W,
         "the residual connection is missing.": lambda x, W: normal(x @ W),
         "the sum is to be normalised, not the sublayer's output alone.": lambda x, W: x + normal(x @ W),
         "the normalisation is missing.": lambda x, W: x + x @ W}),
    "08.4": Exercise(
        weights,
        [(512, 2048), (64, 256), (8, 12)],
        {"the attention has four matrices: for queries, keys, values and for the output.":
             lambda d, f: weights(d, f, attention=3),
         "the projections have no biases here.": lambda d, f: weights(d, f, biases=4),
         "there are two normalisations, each with a gain and a bias.": lambda d, f: weights(d, f, norms=1),
         "the normalisations are missing.": lambda d, f: weights(d, f, norms=0),
         "the feed-forward network has two biases.": lambda d, f: weights(d, f) - f - d}),
}
