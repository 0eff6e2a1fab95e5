"""Notebook 01."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
GRADIENTS = [torch.randn(3, 2, generator=generator), 3 * torch.randn(4, generator=generator)]


def sequence(length, symbols=5, m=3):
    """Letters read and letters wanted, one-hot (length, symbols), and random weights V, U, W, all in float64."""
    read, wanted = torch.randint(symbols, (2, length), generator=generator)
    weights = (0.7 * torch.randn(shape, generator=generator, dtype=torch.float64)
               for shape in ((m, symbols), (m, m), (symbols, m)))
    return F.one_hot(read, symbols).double(), F.one_hot(wanted, symbols).double(), *weights


def by_torch(x, d, V, U, W):
    """States, probabilities and minus the gradients of nn.RNN and nn.Linear."""
    rnn = nn.RNN(x.shape[1], len(U), bias=False, batch_first=True).double()
    output = nn.Linear(len(U), len(W), bias=False).double()
    with torch.no_grad():
        for weight, value in ((rnn.weight_ih_l0, V), (rnn.weight_hh_l0, U), (output.weight, W)):
            weight.copy_(value)
    states, _ = rnn(x)
    log_p = output(states).log_softmax(-1)
    (-d * log_p).sum().backward()
    return states.detach(), log_p.exp().detach(), -rnn.weight_ih_l0.grad, -rnn.weight_hh_l0.grad, -output.weight.grad


def by_hand(x, d, V, U, W, carry=True, local=True, transposed=False, slope=True, same_step=False, mean=False):
    """The network by hand; the switches make the known mistakes."""
    states, y = [], torch.zeros_like(U[0])
    for letter in x:
        y = torch.tanh(V @ letter + U @ y)
        states.append(y)
    states = torch.stack(states)
    p = (states @ W.T).softmax(-1)
    before = states if same_step else torch.cat([torch.zeros_like(states[:1]), states[:-1]])
    change_V, change_U, carried = torch.zeros_like(V), torch.zeros_like(U), torch.zeros_like(U[0])
    for t in reversed(range(len(x))):
        delta = carried if carry else torch.zeros_like(carried)
        if local or t == len(x) - 1:
            delta = delta + W.T @ (d - p)[t]
        if slope:
            delta = delta * (1 - states[t] ** 2)
        change_V += torch.outer(delta, x[t])
        change_U += torch.outer(delta, before[t])
        carried = U @ delta if transposed else U.T @ delta
    steps = len(x) if mean else 1
    return states, p, change_V / steps, change_U / steps, (d - p).T @ states / steps


def steps_until(ratio, limit):
    k = 0
    while ratio**k >= limit:
        k += 1
    return k


def joined(gradients):
    return torch.cat([g.flatten() for g in gradients])


def clipped(gradients, limit):
    return [g * min(1, limit / joined(gradients).norm()) for g in gradients]


EXERCISES = {
    "01.1": Exercise(
        by_torch,
        [sequence(4), sequence(6), sequence(1)],
        {"nothing is carried back to the copy before.": lambda *given: by_hand(*given, carry=False),
         "the local error of all copies but the last is missing.": lambda *given: by_hand(*given, local=False),
         "what is carried back needs the transpose of U.": lambda *given: by_hand(*given, transposed=True),
         "the slope is missing.": lambda *given: by_hand(*given, slope=False),
         "U transmits the state of the step before, y(t-1).": lambda *given: by_hand(*given, same_step=True),
         "the copies' changes are added, not averaged.": lambda *given: by_hand(*given, mean=True)},
        names=["states", "probabilities", "change of V", "change of U", "change of W"]),
    "01.2": Exercise(
        steps_until,
        [(0.9, 1e-3), (0.5, 1e-6), (0.7, 0.7), (0.5, 0.25)],
        {"you rounded down; one step more is needed.": lambda ratio, limit: math.floor(math.log(limit, ratio)),
         "whole steps are wanted.": lambda ratio, limit: math.log(limit, ratio),
         "shorter than the limit is wanted; just as long is not enough.":
             lambda ratio, limit: next(k for k in range(10_000) if ratio**k <= limit)}),
    "01.3": Exercise(
        clipped,
        [(GRADIENTS, 1.0), (GRADIENTS, 2.5), (GRADIENTS, 1000.0)],
        {"you clipped each gradient by its own norm, which changes the direction of the whole.":
             lambda gradients, limit: [g * min(1, limit / g.norm()) for g in gradients],
         "you clipped each number; that changes the direction.":
             lambda gradients, limit: [g.clamp(-limit, limit) for g in gradients],
         "a gradient that is short enough stays as it is.":
             lambda gradients, limit: [g * limit / joined(gradients).norm() for g in gradients]}),
}
