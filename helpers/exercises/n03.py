"""Notebook 03."""

import math

import torch
from torch import nn

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
M, H = 4, 3
WEIGHTS = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((4 * H, M), (4 * H, H), (4 * H,))]


def some_input(batch, time):
    return torch.randn(batch, time, M, generator=generator, dtype=torch.float64)


def lstm_with_torch(x, W_x, W_h, b):
    """The outputs of nn.LSTM with these weights: (batch, time, H)."""
    layer = nn.LSTM(W_x.shape[1], W_h.shape[1], batch_first=True).to(x.dtype)
    weights = {"weight_ih_l0": W_x, "weight_hh_l0": W_h, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    return torch.func.functional_call(layer, weights, (x,))[0]


def lstm(x, W_x, W_h, b, order="ifgo", candidate=torch.tanh, squash=torch.tanh, forgets=True, memory=False, back=True):
    h = c = torch.zeros(len(x), W_h.shape[1], dtype=x.dtype)
    outputs = []
    for x_t in x.unbind(1):
        parts = dict(zip(order, (x_t @ W_x.T + (h @ W_h.T if back else 0) + b).chunk(4, 1), strict=True))
        c = (parts["f"].sigmoid() if forgets else 1) * c + parts["i"].sigmoid() * candidate(parts["g"])
        h = parts["o"].sigmoid() * squash(c)
        outputs.append(c if memory else h)
    return torch.stack(outputs, 1)


def logit(p):
    return math.log(p / (1 - p))


def weights_of_stack(layers, H, V, skips=True, peepholes=3, out_skips=True, biases=4):
    total = V * (layers if out_skips else 1) * H + V
    for n in range(layers):
        inputs = V if n == 0 else H + (V if skips else 0)
        total += 4 * H * (inputs + H) + (biases + peepholes) * H
    return total


EXERCISES = {
    "03.1": Exercise(
        lstm_with_torch,
        [(some_input(2, 5), *WEIGHTS), (some_input(1, 3), *WEIGHTS)],
        {"that is the order i, f, o, g; PyTorch's is i, f, g, o.": lambda *given: lstm(*given, order="ifog"),
         "you swapped the input gate and the forget gate.": lambda *given: lstm(*given, order="figo"),
         "the candidate goes through tanh, not through the logistic function.":
             lambda *given: lstm(*given, candidate=torch.sigmoid),
         "the candidate goes through tanh.": lambda *given: lstm(*given, candidate=lambda z: z),
         "the memory goes through tanh on its way to the output.": lambda *given: lstm(*given, squash=lambda c: c),
         "the forget gate is missing.": lambda *given: lstm(*given, forgets=False),
         "those are the memories c; the outputs h are wanted.": lambda *given: lstm(*given, memory=True),
         "the gates and the candidate read the last h, too.": lambda *given: lstm(*given, back=False)},
        gradients=["x", "W_x", "W_h", "b"]),
    "03.2": Exercise(
        lambda k: logit(0.5 ** (1 / k)),
        [(1,), (10,), (100,)],
        {"that is the gate; the bias that leads to it is wanted.": lambda k: 0.5 ** (1 / k),
         "the sign is the wrong way round.": lambda k: -logit(0.5 ** (1 / k)),
         "at every step half would be lost; half is to be left after k steps.": lambda k: logit(0.5),
         "1 - 1/(2k) is near, but not exactly it.": lambda k: logit(1 - 0.5 / k) if k > 1 else 0.0},
        tolerance=1e-4),
    "03.3": Exercise(
        lambda m, H: 4 * H * (m + H) + 8 * H,
        [(27, 32), (64, 118), (1, 1)],
        {"PyTorch keeps two biases for each gate.": lambda m, H: 4 * H * (m + H) + 4 * H,
         "the biases are missing.": lambda m, H: 4 * H * (m + H),
         "there are four blocks: three gates and the candidate.": lambda m, H: 3 * H * (m + H) + 6 * H,
         "nn.LSTM has no peepholes.": lambda m, H: 4 * H * (m + H) + 11 * H}),
    "03.4": Exercise(
        weights_of_stack,
        [(7, 700, 205), (5, 700, 205), (1, 10, 4), (2, 3, 5)],
        {"the skips from the input to the higher layers are missing.":
             lambda layers, H, V: weights_of_stack(layers, H, V, skips=False),
         "every layer leads to the output.": lambda layers, H, V: weights_of_stack(layers, H, V, out_skips=False),
         "the candidate has a bias too.": lambda layers, H, V: weights_of_stack(layers, H, V, biases=3),
         "the peepholes are missing.": lambda layers, H, V: weights_of_stack(layers, H, V, peepholes=0),
         "the output layer has a bias for each symbol.": lambda layers, H, V: weights_of_stack(layers, H, V) - V}),
}
