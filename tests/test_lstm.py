"""The LSTM of notebook 03, with peepholes, against an independent float64 reference: one number at a time."""

import cmath

import numpy as np
import pytest
import torch
from notebook_code import run_tagged

M, H, TIME, BATCH = 2, 3, 4, 2
GATES = "ifgo"  # the order in which the notebook stacks them


@pytest.fixture(scope="module")
def module():
    """The hand-built module with some weights, and its arguments as numpy arrays."""
    torch.manual_seed(1)
    made = run_tagged("03_lstm_graves_2013", tags=("setup", "hand-built"))[0]["LSTMByHand"](M, H).double()
    return made, {name: value.detach().numpy().copy() for name, value in made.named_parameters()}


def sigma(z):
    return 1 / (1 + cmath.exp(-z))


def reference(x, W_x, W_h, b, W_c):
    """All outputs (batch, time, H) and the last memory (batch, H), from equations 7 to 11, with complex numbers."""
    outputs, memory = np.zeros((BATCH, TIME, H), complex), np.zeros((BATCH, H), complex)
    for n in range(BATCH):
        h, c = [0j] * H, [0j] * H
        for t in range(TIME):
            def net(gate, unit, n=n, t=t, h=tuple(h)):
                row = GATES.index(gate) * H + unit
                return (sum(W_x[row, k] * x[n, t, k] for k in range(M)) + sum(W_h[row, k] * h[k] for k in range(H))
                        + b[row])
            new_h, new_c = [], []
            for j in range(H):
                i = sigma(net("i", j) + W_c[0, j] * c[j])
                f = sigma(net("f", j) + W_c[1, j] * c[j])
                new_c.append(f * c[j] + i * cmath.tanh(net("g", j)))
                o = sigma(net("o", j) + W_c[2, j] * new_c[j])
                new_h.append(o * cmath.tanh(new_c[j]))
            h, c = new_h, new_c
            outputs[n, t] = h
        memory[n] = c
    return outputs, memory


X = np.random.default_rng(0).normal(size=(BATCH, TIME, M))
WEIGHTING = np.random.default_rng(1).normal(size=(BATCH, TIME, H))


def test_outputs_and_memory(module):
    made, weights = module
    ours, (h, c) = made(torch.tensor(X))
    outputs, memory = reference(X, **weights)
    assert np.allclose(ours.detach().numpy(), outputs.real, rtol=1e-12, atol=0)
    assert np.allclose(h[0].detach().numpy(), outputs[:, -1].real, rtol=1e-12, atol=0)
    assert np.allclose(c[0].detach().numpy(), memory.real, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["W_x", "W_h", "b", "W_c"])
def test_gradients(module, name):
    """A complex step of 1e-30 gives the derivative without rounding: Im f(w + i e) / e."""
    made, weights = module
    made.zero_grad()
    (made(torch.tensor(X))[0] * torch.tensor(WEIGHTING)).sum().backward()
    for place in np.ndindex(weights[name].shape):
        moved = {key: value.astype(complex) for key, value in weights.items()}
        moved[name][place] += 1e-30j
        slope = (reference(X, **moved)[0] * WEIGHTING).sum().imag / 1e-30
        assert getattr(made, name).grad[place].item() == pytest.approx(slope, rel=1e-10, abs=1e-14)
