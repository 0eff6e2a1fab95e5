"""Notebook 02."""

import math

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
U = torch.randn(4, 31, generator=generator)
S = torch.rand(4, generator=generator)


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
        lambda token, s, U: torch.sigmoid(U[:, token] + U[:, 27:] @ s),
        [(0, S, U), (5, S, U), (26, torch.full((4,), 0.1), U)],
        {"the paper's units are logistic, not tanh.": lambda token, s, U: torch.tanh(U[:, token] + U[:, 27:] @ s),
         "the symbol comes first, then the state.": lambda token, s, U: torch.sigmoid(U[:, 4 + token] + U[:, :4] @ s),
         "the logistic function is missing.": lambda token, s, U: U[:, token] + U[:, 27:] @ s,
         "the last state is missing.": lambda token, s, U: torch.sigmoid(U[:, token])}),
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
