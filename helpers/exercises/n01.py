"""Notebook 01."""

import math

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
DELTA, LOCAL, Y = (torch.rand(3, 4, generator=generator) for _ in range(3))
U = torch.randn(4, 4, generator=generator)
GRADIENTS = [torch.randn(3, 2, generator=generator), 3 * torch.randn(4, generator=generator)]


def steps_until(ratio, limit):
    k = 0
    while ratio**k >= limit:
        k += 1
    return k


def joined(gradients):
    return torch.cat([g.flatten() for g in gradients])


def each_alone(gradients, limit):
    return joined([g * min(1, limit / g.norm()) for g in gradients])


EXERCISES = {
    "01.1": Exercise(
        steps_until,
        [(0.9, 1e-3), (0.5, 1e-6), (0.7, 0.7), (0.5, 0.25)],
        {"you rounded down; one step more is needed.": lambda ratio, limit: math.floor(math.log(limit, ratio)),
         "whole steps are wanted.": lambda ratio, limit: math.log(limit, ratio),
         "shorter than the limit is wanted; just as long is not enough.":
             lambda ratio, limit: next(k for k in range(10_000) if ratio**k <= limit)}),
    "01.2": Exercise(
        lambda delta, local, U, y: (local + delta @ U) * y * (1 - y),
        [(DELTA, LOCAL, U, Y), (DELTA[:1], LOCAL[:1], U, Y[:1])],
        {"the sum runs over the first index of U; you used the transpose.":
             lambda delta, local, U, y: (local + delta @ U.T) * y * (1 - y),
         "that is the slope of tanh; these units are logistic.":
             lambda delta, local, U, y: (local + delta @ U) * (1 - y**2),
         "the local error is missing.": lambda delta, local, U, y: (delta @ U) * y * (1 - y),
         "the slope belongs to both parts.": lambda delta, local, U, y: local + (delta @ U) * y * (1 - y),
         "the slope is missing.": lambda delta, local, U, y: local + delta @ U}),
    "01.3": Exercise(
        lambda gradients, limit: joined(gradients) * min(1, limit / joined(gradients).norm()),
        [(GRADIENTS, 1.0), (GRADIENTS, 2.5), (GRADIENTS, 1000.0)],
        {"you clipped each gradient by its own norm, which changes the direction of the whole.": each_alone,
         "you clipped each number; that changes the direction.":
             lambda gradients, limit: joined(gradients).clamp(-limit, limit),
         "a gradient that is short enough stays as it is.":
             lambda gradients, limit: joined(gradients) * limit / joined(gradients).norm()}),
    "01.4": Exercise(
        lambda U, gamma, k: (gamma * torch.linalg.matrix_norm(U, 2)) ** k,
        [(U, 1.0, 3), (U, 0.25, 10), (U[:2, :2], 1.0, 5)],
        {"that is the spectral radius; a single step can stretch more than that.":
             lambda U, gamma, k: (gamma * torch.linalg.eigvals(U).abs().max()) ** k,
         "the slope acts at every step.": lambda U, gamma, k: gamma * torch.linalg.matrix_norm(U, 2) ** k,
         "that is the Frobenius norm, a bound too, but a looser one.":
             lambda U, gamma, k: (gamma * torch.linalg.matrix_norm(U)) ** k}),
}
