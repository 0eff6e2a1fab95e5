"""Notebook 07."""

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise
from helpers.exercises.n06 import normalise

generator = torch.Generator().manual_seed(0)
A, C = (torch.randn(3, 4, generator=generator, dtype=torch.float64) * 2 + 1 for _ in range(2))
Z = torch.randn(3, 16, generator=generator, dtype=torch.float64)
G, B = (torch.rand(4, generator=generator, dtype=torch.float64) + 0.5 for _ in range(2))
GRU_STEP = [torch.randn(*shape, generator=generator, dtype=torch.float64)
            for shape in ((2, 3), (2, 4), (8, 3), (8, 4), (4, 3), (4, 4))]  # x, h, W_x, W_h, W, U


def centred(a):
    return a - a.mean(-1, keepdim=True)


def layer_norm(a, g, b, eps, **options):
    """Layer normalisation; options go to `normalise`."""
    return normalise(a, g, b, eps, **{"axis": -1, **options})


def cell(z, c):
    """The new cell (batch, H) and the output gate, both before any normalisation."""
    i, f, new, o = z.chunk(4, 1)
    return torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(new), torch.sigmoid(o)


def normed(c, gain=None, bias=None):
    return F.layer_norm(c, c.shape[-1:], gain, bias)


def step(z, c, gain, bias):
    c, o = cell(z, c)
    return torch.cat([o * torch.tanh(normed(c, gain, bias)), c], 1)


def step_passing_the_normalised(z, c, gain, bias):
    c, o = cell(z, c)
    c = normed(c, gain, bias)
    return torch.cat([o * torch.tanh(c), c], 1)


def step_without(z, c, gain, bias):
    c, o = cell(z, c)
    return torch.cat([o * torch.tanh(c), c], 1)


def step_norm_after_tanh(z, c, gain, bias):
    c, o = cell(z, c)
    return torch.cat([o * normed(torch.tanh(c), gain, bias), c], 1)


def step_swapped(z, c, gain, bias):
    return step(z, c, gain, bias).roll(c.shape[1], 1)


def gates(x, h, W_x, W_h):
    """z and r of the GRU, (batch, H) each."""
    return torch.sigmoid(normed(h @ W_h.T) + normed(x @ W_x.T)).chunk(2, 1)


def gru_step(x, h, W_x, W_h, W, U):
    """Equations 26 to 28 of the paper, without gains and biases."""
    z, r = gates(x, h, W_x, W_h)
    return (1 - z) * h + z * torch.tanh(normed(x @ W.T) + r * normed(h @ U.T))


def gru_mixed_the_other_way(x, h, W_x, W_h, W, U):
    z, r = gates(x, h, W_x, W_h)
    return z * h + (1 - z) * torch.tanh(normed(x @ W.T) + r * normed(h @ U.T))


def gru_reset_before_the_matrix(x, h, W_x, W_h, W, U):
    z, r = gates(x, h, W_x, W_h)
    return (1 - z) * h + z * torch.tanh(normed(x @ W.T) + normed((r * h) @ U.T))


def gru_reset_inside(x, h, W_x, W_h, W, U):
    z, r = gates(x, h, W_x, W_h)
    return (1 - z) * h + z * torch.tanh(normed(x @ W.T) + normed(r * (h @ U.T)))


def gru_sums_normalised(x, h, W_x, W_h, W, U):
    z, r = torch.sigmoid(normed(h @ W_h.T + x @ W_x.T)).chunk(2, 1)
    return (1 - z) * h + z * torch.tanh(normed(x @ W.T) + r * normed(h @ U.T))


def gru_gates_apart(x, h, W_x, W_h, W, U):
    z, r = (torch.sigmoid(normed(h @ w_h.T) + normed(x @ w_x.T))
            for w_h, w_x in zip(W_h.chunk(2), W_x.chunk(2), strict=True))
    return (1 - z) * h + z * torch.tanh(normed(x @ W.T) + r * normed(h @ U.T))


def gru_gates_swapped(x, h, W_x, W_h, W, U):
    r, z = gates(x, h, W_x, W_h)
    return (1 - z) * h + z * torch.tanh(normed(x @ W.T) + r * normed(h @ U.T))


EXERCISES = {
    "07.1": Exercise(
        layer_norm,
        [(A, G, B, 1e-2), (C[:2], B, G, 0.5)],
        {"that is over the examples, batch normalisation; here it goes over the units of each example.":
             lambda a, g, b, eps: layer_norm(a, g, b, eps, axis=0),
         "the variance is divided by H, not by H - 1.": lambda a, g, b, eps: layer_norm(a, g, b, eps, correction=1),
         "eps stands inside the root.":
             lambda a, g, b, eps: g * centred(a) / (a.std(-1, correction=0, keepdim=True) + eps) + b,
         "eps is missing.": lambda a, g, b, eps: layer_norm(a, g, b, 0.0),
         "gain and bias come after the normalisation.": lambda a, g, b, eps: layer_norm(g * a + b, 1, 0, eps),
         "the bias is not scaled by the gain.": lambda a, g, b, eps: g * (layer_norm(a, 1, 0, eps) + b),
         "gain and bias are missing.": lambda a, g, b, eps: layer_norm(a, 1, 0, eps),
         "divide by the root of the variance.":
             lambda a, g, b, eps: g * centred(a) / (a.var(-1, correction=0, keepdim=True) + eps) + b,
         "one mean for each example is wanted, not one for the whole batch.":
             lambda a, g, b, eps: g * (a - a.mean()) / torch.sqrt(a.var(correction=0) + eps) + b,
         "the output is right, but no gradient goes through the mean and the variance.":
             lambda a, g, b, eps: layer_norm(a, g, b, eps, statistics=a.detach())},
        gradients=["a", "g", "b", "eps"]),
    "07.2": Exercise(
        step,
        [(Z, A, G, B), (Z[:2] * 2, C[:2], B, G)],
        {"the cell that is passed on is not normalised.": step_passing_the_normalised,
         "the normalisation of the cell on its way out is missing.": step_without,
         "the normalisation comes before tanh.": step_norm_after_tanh,
         "the output comes first, then the cell.": step_swapped}),
    "07.3": Exercise(
        gru_step,
        [tuple(GRU_STEP), tuple(2 * each for each in GRU_STEP)],
        {"here z is the part of the new, not of the old.": gru_mixed_the_other_way,
         "the reset gate works after the matrix U.": gru_reset_before_the_matrix,
         "the reset gate works after the normalisation.": gru_reset_inside,
         "what comes from the state and what comes from the input are normalised separately.": gru_sums_normalised,
         "one normalisation runs over both gates together.": gru_gates_apart,
         "z comes first, then r.": gru_gates_swapped},
        gradients=["x", "h", "W_x", "W_h", "W", "U"]),
}
