"""Notebook 06."""

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
X = torch.randn(5, 3, generator=generator, dtype=torch.float64) * torch.tensor([0.5, 1.0, 4.0]) + 1
LARGE = torch.randn(8, 4, generator=generator, dtype=torch.float64) + 2
OLD, GAMMA, BETA, MEAN = (torch.rand(3, generator=generator, dtype=torch.float64) + 0.5 for _ in range(4))
W = torch.randn(3, 6, generator=generator, dtype=torch.float64)


def normalise(x, gain, shift, eps, axis=0, correction=0, statistics=None):
    """x with mean 0 and variance 1 along an axis, times the gain, plus the shift. The variance is divided by the number
    of values minus `correction`; mean and variance are those of `statistics`, by default of x itself."""
    source = x if statistics is None else statistics
    variance = source.var(axis, correction=correction, keepdim=True)
    return gain * (x - source.mean(axis, keepdim=True)) / torch.sqrt(variance + eps) + shift


def folded(W, factor, rest):
    return torch.cat([factor[:, None] * W, rest[:, None]], 1)


EXERCISES = {
    "06.1": Exercise(
        normalise,
        [(X, GAMMA, BETA, 1e-2), (LARGE, torch.cat([OLD, MEAN[:1]]), torch.cat([MEAN, OLD[:1]]), 0.5)],
        {"the variance is divided by m in training, not by m - 1.":
             lambda x, gamma, beta, eps: normalise(x, gamma, beta, eps, correction=1),
         "that is over the units of each example; batch normalisation goes over the examples.":
             lambda x, gamma, beta, eps: normalise(x, gamma, beta, eps, axis=1),
         "eps stands inside the root.":
             lambda x, gamma, beta, eps: gamma * (x - x.mean(0)) / (x.std(0, correction=0) + eps) + beta,
         "eps is missing.": lambda x, gamma, beta, eps: normalise(x, gamma, beta, 0.0),
         "the root is missing.":
             lambda x, gamma, beta, eps: gamma * (x - x.mean(0)) / (x.var(0, correction=0) + eps) + beta,
         "the mean is still there.":
             lambda x, gamma, beta, eps: gamma * x / torch.sqrt(x.var(0, correction=0) + eps) + beta,
         "gamma and beta are missing.": lambda x, gamma, beta, eps: normalise(x, 1, 0, eps),
         "the shift is not scaled by gamma.": lambda x, gamma, beta, eps: gamma * (normalise(x, 1, 0, eps) + beta),
         "the output is right, but no gradient goes through the mean and the variance.":
             lambda x, gamma, beta, eps: normalise(x, gamma, beta, eps, statistics=x.detach())},
        gradients=["x", "gamma", "beta", "eps"]),
    "06.2": Exercise(
        lambda old, x, momentum: old + momentum * (x.var(0) - old),
        [(OLD, X, 0.1), (OLD[:2], X[:, 1:], 0.25)],
        {"for use, the unbiased variance is kept: divide by m - 1.":
             lambda old, x, momentum: old + momentum * (x.var(0, correction=0) - old),
         "PyTorch's momentum is the share of the new, not of the old.":
             lambda old, x, momentum: momentum * old + (1 - momentum) * x.var(0),
         "that is a standard deviation; the variance is kept.":
             lambda old, x, momentum: old + momentum * (x.std(0) - old),
         "the old one must shrink to make room.": lambda old, x, momentum: old + momentum * x.var(0)}),
    "06.3": Exercise(
        lambda W, mean, variance, gamma, beta, eps:
            folded(W, gamma / torch.sqrt(variance + eps), beta - gamma / torch.sqrt(variance + eps) * mean),
        [(W, MEAN, OLD, GAMMA, BETA, 1e-2), (W[:2], MEAN[1:], OLD[1:], GAMMA[1:], BETA[1:], 0.5)],
        {"the bias is beta minus what became of the mean.":
             lambda W, mean, variance, gamma, beta, eps: folded(W, gamma / torch.sqrt(variance + eps), beta),
         "the mean is scaled, too, before it is taken off.":
             lambda W, mean, variance, gamma, beta, eps: folded(W, gamma / torch.sqrt(variance + eps), beta - mean),
         "gamma is missing.": lambda W, mean, variance, gamma, beta, eps:
             folded(W, 1 / torch.sqrt(variance + eps), beta - mean / torch.sqrt(variance + eps)),
         "eps is missing.": lambda W, mean, variance, gamma, beta, eps:
             folded(W, gamma / torch.sqrt(variance), beta - gamma / torch.sqrt(variance) * mean)}),
}
