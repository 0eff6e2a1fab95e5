"""Notebook 03."""

import math

import torch

from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
Z = torch.randn(3, 20, generator=generator)
C = torch.randn(3, 5, generator=generator)


def new_memory(z, c, order="ifgo"):
    parts = dict(zip(order, z.chunk(4, 1), strict=True))
    return parts["f"].sigmoid() * c + parts["i"].sigmoid() * parts["g"].tanh()


def without_tanh(z, c):
    i, f, g, _ = z.chunk(4, 1)
    return f.sigmoid() * c + i.sigmoid() * g


def the_output(z, c):
    return z.chunk(4, 1)[3].sigmoid() * new_memory(z, c).tanh()


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
        new_memory,
        [(Z, C), (Z[:1], C[:1])],
        {"that is the order i, f, o, g; PyTorch's is i, f, g, o.": lambda z, c: new_memory(z, c, "ifog"),
         "you swapped the input gate and the forget gate.": lambda z, c: new_memory(z, c, "figo"),
         "the new content goes through tanh.": without_tanh,
         "that is the output h; the memory c is wanted.": the_output}),
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
         "there are four blocks: three gates and the new content.": lambda m, H: 3 * H * (m + H) + 6 * H,
         "nn.LSTM has no peepholes.": lambda m, H: 4 * H * (m + H) + 11 * H}),
    "03.4": Exercise(
        weights_of_stack,
        [(7, 700, 205), (5, 700, 205), (1, 10, 4), (2, 3, 5)],
        {"the skips from the input to the higher layers are missing.":
             lambda layers, H, V: weights_of_stack(layers, H, V, skips=False),
         "every layer leads to the output.": lambda layers, H, V: weights_of_stack(layers, H, V, out_skips=False),
         "the new content has a bias too.": lambda layers, H, V: weights_of_stack(layers, H, V, biases=3),
         "the peepholes are missing.": lambda layers, H, V: weights_of_stack(layers, H, V, peepholes=0),
         "the output layer has a bias for each symbol.": lambda layers, H, V: weights_of_stack(layers, H, V) - V}),
}
