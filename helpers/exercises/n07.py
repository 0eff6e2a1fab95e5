"""Notebook 07."""

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
A, DY, Z_PART = (torch.randn(3, 4, generator=generator, dtype=torch.float64) * 2 + 1 for _ in range(3))
Z = torch.randn(3, 16, generator=generator, dtype=torch.float64)
G, B = (torch.rand(4, generator=generator, dtype=torch.float64) + 0.5 for _ in range(2))
SIGMA = A.std(1, correction=0, keepdim=True)
A_HAT = (A - A.mean(1, keepdim=True)) / SIGMA


def normal(a, axis=-1, correction=0):
    return (a - a.mean(axis, keepdim=True)) / a.std(axis, correction=correction, keepdim=True)


def gradient(dy, a_hat, sigma, g, axis=-1, moved=1, stretched=1):
    d = dy * g
    return (d - moved * d.mean(axis, keepdim=True) - stretched * a_hat * (d * a_hat).mean(axis, keepdim=True)) / sigma


def memory(z, c):
    """The new memory (batch, H) and the output gate, both before any normalisation."""
    i, f, new, o = z.chunk(4, 1)
    return torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(new), torch.sigmoid(o)


def normed(c, gain, bias):
    return F.layer_norm(c, c.shape[-1:], gain, bias)


def step(z, c, gain, bias):
    c, o = memory(z, c)
    return torch.cat([o * torch.tanh(normed(c, gain, bias)), c], 1)


def step_passing_the_normalised(z, c, gain, bias):
    c, o = memory(z, c)
    c = normed(c, gain, bias)
    return torch.cat([o * torch.tanh(c), c], 1)


def step_without(z, c, gain, bias):
    c, o = memory(z, c)
    return torch.cat([o * torch.tanh(c), c], 1)


def step_norm_after_tanh(z, c, gain, bias):
    c, o = memory(z, c)
    return torch.cat([o * normed(torch.tanh(c), gain, bias), c], 1)


def step_swapped(z, c, gain, bias):
    return step(z, c, gain, bias).roll(c.shape[1], 1)


EXERCISES = {
    "07.1": Exercise(
        lambda a, g, b: g * normal(a) + b,
        [(A, G, B), (DY[:2], B, G)],
        {"that is over the examples, batch normalisation; here it goes over the units of each example.":
             lambda a, g, b: g * normal(a, 0) + b,
         "the variance is divided by H, not by H - 1.": lambda a, g, b: g * normal(a, correction=1) + b,
         "gain and bias come after the normalisation.": lambda a, g, b: normal(g * a + b),
         "the bias is not scaled by the gain.": lambda a, g, b: g * (normal(a) + b),
         "gain and bias are missing.": lambda a, g, b: normal(a),
         "divide by the standard deviation, not by the variance.":
             lambda a, g, b: g * (a - a.mean(-1, keepdim=True)) / a.var(-1, correction=0, keepdim=True) + b,
         "one mean for each example is wanted, not one for the whole batch.":
             lambda a, g, b: g * (a - a.mean()) / a.std(correction=0) + b}),
    "07.2": Exercise(
        gradient,
        [(DY, A_HAT, SIGMA, G), (Z_PART, A_HAT, SIGMA, B)],
        {"the means go over the units of each example, not over the examples.":
             lambda dy, a_hat, sigma, g: gradient(dy, a_hat, sigma, g, axis=0),
         "what would move all units is still in it.":
             lambda dy, a_hat, sigma, g: gradient(dy, a_hat, sigma, g, moved=0),
         "what would stretch all units is still in it.":
             lambda dy, a_hat, sigma, g: gradient(dy, a_hat, sigma, g, stretched=0),
         "the gain is missing.": lambda dy, a_hat, sigma, g: gradient(dy, a_hat, sigma, torch.ones_like(g)),
         "the gain differs from unit to unit, so it must go in before the means are taken.":
             lambda dy, a_hat, sigma, g: g * gradient(dy, a_hat, sigma, torch.ones_like(g)),
         "sigma is missing.": lambda dy, a_hat, sigma, g: gradient(dy, a_hat, torch.ones_like(sigma), g)}),
    "07.3": Exercise(
        step,
        [(Z, A, G, B), (Z[:2] * 2, DY[:2], B, G)],
        {"the memory that is passed on is not normalised.": step_passing_the_normalised,
         "the normalisation of the memory on its way out is missing.": step_without,
         "the normalisation comes before tanh.": step_norm_after_tanh,
         "the output comes first, then the memory.": step_swapped}),
    "07.4": Exercise(
        lambda m, H: 4 * H * (m + H) + 22 * H,
        [(3, 5), (27, 118), (1, 1)],
        {"the bias b is missing.": lambda m, H: 4 * H * (m + H) + 18 * H,
         "every normalisation has a gain and a bias.": lambda m, H: 4 * H * (m + H) + 13 * H,
         "the normalisations are missing.": lambda m, H: 4 * H * (m + H) + 4 * H,
         "what comes from the state and what comes from the input are normalised separately.":
             lambda m, H: 4 * H * (m + H) + 14 * H}),
}
