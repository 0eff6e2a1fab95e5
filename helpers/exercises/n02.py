"""Notebook 02."""

import math

import torch
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
U = torch.randn(4, 31, generator=generator, dtype=torch.float64)
V = torch.randn(27, 4, generator=generator, dtype=torch.float64)
S = torch.rand(4, generator=generator, dtype=torch.float64)


def step_with_torch(token, came, s, U, V):
    """One step with tau = 1; the changes are minus PyTorch's gradients."""
    U, V = (each.clone().requires_grad_() for each in (U, V))
    new = torch.sigmoid(F.linear(torch.cat([F.one_hot(torch.tensor(token), 27).double(), s]), U))
    logits = F.linear(new, V)
    gradients = torch.autograd.grad(F.cross_entropy(logits, torch.tensor(came)), [U, V])
    return new.detach(), logits.detach().softmax(0), -gradients[0], -gradients[1]


def step(token, came, s, U, V, unit=torch.sigmoid, slope=lambda s: s * (1 - s), sign=1, turned=False):
    eye = torch.eye(27, dtype=torch.float64)
    x = torch.cat([s, eye[token]] if turned else [eye[token], s])
    new = unit(U @ x)
    y = torch.softmax(V @ new, 0)
    error = sign * (eye[came] - y)
    return new, y, torch.outer((V.T @ error) * slope(new), x), torch.outer(error, new)


def rates(losses, first=0.1, keeps=True, early=False):
    used, rate, halving = [], first, False
    for i, loss in enumerate(losses):
        failed = i > 0 and loss > 0.997 * losses[i - 1]
        halving = (halving and keeps) or failed
        if early and halving:
            rate /= 2
        used.append(rate)
        if not early and halving:
            rate /= 2
    return used


def by_difference(losses, limit):
    used, rate, halving = [], 0.1, False
    for i, loss in enumerate(losses):
        used.append(rate)
        halving = halving or (i > 0 and loss > losses[i - 1] - limit)
        rate *= 0.5 if halving else 1
    return used


def dynamic_loss(tokens, size, learn_first=False, mean=True):
    counts, total = [1] * size, 0.0
    for token in tokens:
        counts[token] += learn_first
        total -= math.log(counts[token] / sum(counts))
        counts[token] += not learn_first
    return total / len(tokens) if mean else total


def static_loss(tokens, size):
    counts = [1 + tokens.count(k) for k in range(size)]
    return -sum(math.log(counts[token] / sum(counts)) for token in tokens) / len(tokens)


EXERCISES = {
    "02.1": Exercise(
        step_with_torch,
        [(0, 5, S, U, V), (5, 13, S, U, V), (26, 0, torch.full((4,), 0.1, dtype=torch.float64), U, V)],
        {"the paper's units are logistic, not tanh.":
             lambda *given: step(*given, unit=torch.tanh, slope=lambda h: 1 - h * h),
         "the error is desired minus predicted: your changes have the wrong sign.":
             lambda *given: step(*given, sign=-1),
         "the slope of the logistic, s (1 - s), is missing.": lambda *given: step(*given, slope=torch.ones_like),
         "the slope of the logistic is s (1 - s), not 1 - s * s.":
             lambda *given: step(*given, slope=lambda s: 1 - s * s),
         "the symbol comes first in x, then the state.": lambda *given: step(*given, turned=True)},
        names=["the new state", "y", "the change of U", "the change of V"]),
    "02.2": Exercise(
        rates,
        [([2.5, 2.3, 2.2, 2.199, 2.1, 2.05, 2.049],), ([2.5, 2.4, 2.41, 2.3, 2.2],), ([2.5, 2.0],),
         ([2.5, 2.2, 2.196, 2.1],)],
        {"once halving has begun it goes on, gain or not.": lambda losses: rates(losses, keeps=False),
         "the rate of an epoch was fixed before its loss was known.": lambda losses: rates(losses, early=True),
         "a gain of less than 0.3 % does not count as one.": lambda losses: by_difference(losses, 0.0),
         "0.3 % of the loss is the limit, not 0.003 nats.": lambda losses: by_difference(losses, 0.003)}),
    "02.3": Exercise(
        dynamic_loss,
        [([0, 1, 1, 2], 3), ([4, 4, 4, 4, 4, 0], 27), ([1], 2)],
        {"each symbol must be scored before it is counted.":
             lambda tokens, size: dynamic_loss(tokens, size, learn_first=True),
         "the mean is wanted, not the sum.": lambda tokens, size: dynamic_loss(tokens, size, mean=False),
         "you counted the whole text first; then every symbol helps to predict itself.": static_loss,
         "that is in bits; nats are wanted.": lambda tokens, size: dynamic_loss(tokens, size) / math.log(2)}),
    "02.4": Exercise(
        lambda before, after: 100 * (1 - math.exp(after - before)),
        [(2.0, 1.9), (5.4, 5.05), (2.0, 2.1)],
        {"that is the reduction of the loss; the perplexity is e to the loss.":
             lambda before, after: 100 * (1 - after / before),
         "the reduction is measured in percent of the first model's perplexity.":
             lambda before, after: 100 * (math.exp(before - after) - 1),
         "percent are wanted.": lambda before, after: 1 - math.exp(after - before),
         "a lower perplexity is a positive reduction.": lambda before, after: 100 * (math.exp(after - before) - 1)}),
}
