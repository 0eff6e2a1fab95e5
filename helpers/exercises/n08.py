"""Notebook 08."""

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)


def draw(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


X, MEMORY = draw(2, 3, 8), draw(2, 5, 8)
WEIGHTS = [draw(8, 8) / 2 for _ in range(4)]
MASK = torch.tensor([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0], [0, 1, 0, 1, 1]], dtype=torch.bool)
CAUSAL = torch.ones(3, 3, dtype=torch.bool).tril()


def split(product, heads):
    batch, n, d_model = product.shape
    return product.view(batch, n, heads, d_model // heads).transpose(1, 2)


def split_across(product, heads):
    """Heads cut out of the positions."""
    batch, n, d_model = product.shape
    return product.reshape(batch, heads, n, d_model // heads)


def split_in_turn(product, heads):
    """Head i gets every heads-th column."""
    batch, n, d_model = product.shape
    return product.view(batch, n, d_model // heads, heads).permute(0, 3, 1, 2)


def attended(Q, K, V, mask, scale=None, axis=-1):
    scores = Q @ K.transpose(-2, -1) / (K.shape[-1] ** 0.5 if scale is None else scale)
    return scores.masked_fill(~mask, -torch.inf).softmax(axis).nan_to_num() @ V


def attended_zeros(Q, K, V, mask):
    """Masked scores are 0."""
    return (Q @ K.transpose(-2, -1) / K.shape[-1] ** 0.5 * mask).softmax(-1) @ V


def attended_mask_last(Q, K, V, mask):
    """The mask after the softmax."""
    return ((Q @ K.transpose(-2, -1) / K.shape[-1] ** 0.5).softmax(-1) * mask) @ V


def multi_head(x, memory, W_Q, W_K, W_V, W_O, mask, heads, cut=split, attend=attended):
    outputs = attend(cut(x @ W_Q, heads), cut(memory @ W_K, heads), cut(memory @ W_V, heads), mask)
    return outputs.transpose(1, 2).flatten(2) @ W_O


def by_torch(x, memory, W_Q, W_K, W_V, W_O, mask, heads):
    """What nn.MultiheadAttention computes with these weights, without biases."""
    out, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), memory.transpose(0, 1), memory.transpose(0, 1), x.shape[2], heads,
        torch.cat([W_Q.T, W_K.T, W_V.T]), None, None, None, False, 0.0, W_O.T, None, need_weights=False,
        attn_mask=~mask)
    return out.transpose(0, 1)


def not_moved_back(x, memory, W_Q, W_K, W_V, W_O, mask, heads):
    outputs = attended(split(x @ W_Q, heads), split(memory @ W_K, heads), split(memory @ W_V, heads), mask)
    return outputs.reshape(x.shape) @ W_O


def scaled_by(root_of):
    """multi_head with the root of something else as the scale."""
    def wrong(x, memory, W_Q, W_K, W_V, W_O, mask, heads):
        scale = root_of(x, memory, heads) ** 0.5
        return multi_head(x, memory, W_Q, W_K, W_V, W_O, mask, heads,
                          attend=lambda Q, K, V, mask: attended(Q, K, V, mask, scale=scale))
    return wrong


def with_changed(**changes):
    """multi_head with other arguments in the place of some."""
    names = ("x", "memory", "W_Q", "W_K", "W_V", "W_O", "mask", "heads")

    def wrong(*arguments):
        given = dict(zip(names, arguments, strict=True))
        return multi_head(**{**given, **{name: change(given) for name, change in changes.items()}})
    return wrong


def position(pos, d, base=10000, exponent=2, swapped=False, apart=False):
    angle = pos / base ** (exponent * torch.arange(d // 2, dtype=torch.float64) / d)
    waves = [angle.cos(), angle.sin()] if swapped else [angle.sin(), angle.cos()]
    return torch.cat(waves) if apart else torch.stack(waves, 1).flatten()


def weights(d, f, attention=4, biases=0, norms=2):
    return attention * d * d + biases * d + 2 * d * f + f + d + 2 * norms * d


EXERCISES = {
    "08.1": Exercise(
        by_torch,
        [(X, MEMORY, *WEIGHTS, MASK, 2), (X, X, *WEIGHTS, CAUSAL, 4)],
        {"the scale is missing.": scaled_by(lambda x, memory, heads: 1),
         "divide by the root of d_k, not by d_k.": scaled_by(lambda x, memory, heads: (x.shape[2] / heads) ** 2),
         "the scale is that of one head, d_model / heads, not of the whole width.":
             scaled_by(lambda x, memory, heads: x.shape[2]),
         "divide by the root of d_k, not of the number of keys.": scaled_by(lambda x, memory, heads: memory.shape[1]),
         "the mask is True where a query may look, not where it may not.":
             with_changed(mask=lambda given: ~given["mask"]),
         "the mask is missing.": with_changed(mask=lambda given: torch.ones_like(given["mask"])),
         "mask before the softmax: otherwise the weights do not add up to 1.":
             lambda *arguments: multi_head(*arguments, attend=attended_mask_last),
         "masked scores must be -inf; a score of 0 gets weight like any other.":
             lambda *arguments: multi_head(*arguments, attend=attended_zeros),
         "the softmax goes over the keys, not over the queries.":
             lambda *arguments: multi_head(*arguments, attend=lambda *each: attended(*each, axis=-2)),
         "x W means x @ W: these matrices are not transposed.":
             with_changed(**{name: lambda given, name=name: given[name].T for name in ("W_Q", "W_K", "W_V", "W_O")}),
         "keys and values come from memory, each with its own matrix.":
             with_changed(W_V=lambda given: given["W_K"]),
         "a head gets d_k neighbouring columns of every position; yours cuts across the positions.":
             lambda *arguments: multi_head(*arguments, cut=split_across),
         "a head gets d_k neighbouring columns; yours takes one column in `heads`.":
             lambda *arguments: multi_head(*arguments, cut=split_in_turn),
         "move the heads behind the positions again before you lay them end to end.": not_moved_back,
         "there is one head; cut the products into `heads`.": with_changed(heads=lambda given: 1),
         "the last product, with W_O, is missing.": with_changed(W_O=lambda given: torch.eye(8, dtype=torch.float64))},
        gradients=["x", "memory", "W_Q", "W_K", "W_V", "W_O", "mask", "heads"]),
    "08.2": Exercise(
        position,
        [(1, 4), (7, 8), (30, 6)],
        {"sines and cosines take turns.": lambda pos, d: position(pos, d, apart=True),
         "sine in the even columns, cosine in the odd ones.": lambda pos, d: position(pos, d, swapped=True),
         "the exponent is 2i / d_model, with i the number of the pair.": lambda pos, d: position(pos, d, exponent=1)}),
    "08.3": Exercise(
        weights,
        [(512, 2048), (64, 256), (8, 12)],
        {"the attention has four matrices: for queries, keys, values and for the output.":
             lambda d, f: weights(d, f, attention=3),
         "the projections have no biases here.": lambda d, f: weights(d, f, biases=4),
         "there are two normalisations, each with a gain and a bias.": lambda d, f: weights(d, f, norms=1),
         "the normalisations are missing.": lambda d, f: weights(d, f, norms=0),
         "the feed-forward network has two biases.": lambda d, f: weights(d, f) - f - d}),
}
