"""Notebook 06."""

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
X, DY = (torch.randn(5, 3, generator=generator, dtype=torch.float64) * torch.tensor([0.5, 1.0, 4.0]) + 1
         for _ in range(2))
LARGE = torch.randn(8, 4, generator=generator, dtype=torch.float64) + 2
OLD, GAMMA, BETA, MEAN = (torch.rand(3, generator=generator, dtype=torch.float64) + 0.5 for _ in range(4))
W = torch.randn(3, 6, generator=generator, dtype=torch.float64)
X_HAT = (X - X.mean(0)) / X.std(0, correction=0)


def normalised(x, eps, axis=0, correction=0):
    """x with mean 0 and variance 1 along an axis."""
    variance = x.var(axis, correction=correction, keepdim=True)
    return (x - x.mean(axis, keepdim=True)) / torch.sqrt(variance + eps)


def folded(W, factor, rest):
    return torch.cat([factor[:, None] * W, rest[:, None]], 1)


EXERCISES = {
    "06.1": Exercise(
        normalised,
        [(X, 1e-2), (LARGE, 0.5)],
        {"the variance is divided by m in training, not by m - 1.": lambda x, eps: normalised(x, eps, correction=1),
         "that is over the units of each example; batch normalisation goes over the examples.":
             lambda x, eps: normalised(x, eps, axis=1),
         "eps stands inside the root.": lambda x, eps: (x - x.mean(0)) / (x.std(0, correction=0) + eps),
         "eps is missing.": lambda x, eps: normalised(x, 0.0),
         "the root is missing.": lambda x, eps: (x - x.mean(0)) / (x.var(0, correction=0) + eps),
         "the mean is still there.": lambda x, eps: x / torch.sqrt(x.var(0, correction=0) + eps)}),
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
    "06.4": Exercise(
        lambda dy, x_hat, sigma, gamma: gamma / sigma * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0)),
        [(DY, X_HAT, OLD, GAMMA), (DY[:4], X_HAT[:4], MEAN, BETA)],
        {"the way through the variance is missing.": lambda dy, x_hat, sigma, gamma: gamma / sigma * (dy - dy.mean(0)),
         "the way through the mean is missing.":
             lambda dy, x_hat, sigma, gamma: gamma / sigma * (dy - x_hat * (dy * x_hat).mean(0)),
         "mean and variance depend on x, too.": lambda dy, x_hat, sigma, gamma: gamma / sigma * dy,
         "means are wanted, not sums.":
             lambda dy, x_hat, sigma, gamma: gamma / sigma * (dy - dy.sum(0) - x_hat * (dy * x_hat).sum(0)),
         "gamma is missing.":
             lambda dy, x_hat, sigma, gamma: (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0)) / sigma}),
}
