"""The LSTM and GRU of notebook 07, with layer normalisation, against an independent float64 reference."""

import numpy as np
import pytest
import torch
from notebook_code import run_tagged

M, H, TIME, BATCH = 2, 3, 4, 2
X = np.random.default_rng(0).normal(size=(BATCH, TIME, M))
WEIGHTING = np.random.default_rng(1).normal(size=(BATCH, TIME, H))


def sigma(z):
    return 1 / (1 + np.exp(-z))


def normal(v, weights, name):
    """Equation 15 for one example, v (d), also with complex numbers: no absolute value, no conjugation."""
    centred = v - v.sum() / len(v)
    return weights[f"{name}.g"] * centred / np.sqrt((centred * centred).sum() / len(v) + 1e-5) + weights[f"{name}.b"]


def lstm(x, w):
    """Equations 20 to 22 for one example x (time, M); the blocks in the order i, f, g, o."""
    h, c, outputs = np.zeros(H, complex), np.zeros(H, complex), []
    for x_t in x:
        z = normal(w["W_h.weight"] @ h, w, "norm_h") + normal(w["W_x.weight"] @ x_t, w, "norm_x") + w["b"]
        c = sigma(z[H:2 * H]) * c + sigma(z[:H]) * np.tanh(z[2 * H:3 * H])
        h = sigma(z[3 * H:]) * np.tanh(normal(c, w, "norm_c"))
        outputs.append(h)
    return np.array(outputs)


def gru(x, w):
    """Equations 26 to 28 for one example x (time, M); z before r."""
    h, outputs = np.zeros(H, complex), []
    for x_t in x:
        gates = sigma(normal(w["W_h.weight"] @ h, w, "norm_h") + normal(w["W_x.weight"] @ x_t, w, "norm_x"))
        new = np.tanh(normal(w["W.weight"] @ x_t, w, "norm_W") + gates[H:] * normal(w["U.weight"] @ h, w, "norm_U"))
        h = h + gates[:H] * (new - h)
        outputs.append(h)
    return np.array(outputs)


def reference(function, weights):
    return np.array([function(row, weights) for row in X])


@pytest.fixture(scope="module", params=[("LayerNormLSTM", lstm), ("LayerNormGRU", gru)], ids=lambda pair: pair[0])
def case(request):
    """The hand-built module with random weights, gains and biases; the same as numpy arrays; its reference."""
    name, function = request.param
    torch.manual_seed(1)
    made = run_tagged("07_layernorm_ba_2016", tags=("setup", "hand-built"))[0][name](M, H).double()
    for parameter in made.parameters():
        parameter.data = torch.randn_like(parameter)
    return made, {key: value.detach().numpy().copy() for key, value in made.named_parameters()}, function


def test_outputs(case):
    made, weights, function = case
    assert np.allclose(made(torch.tensor(X))[0].detach().numpy(), reference(function, weights).real, rtol=1e-10, atol=0)


def test_gradients(case):
    """A complex step of 1e-30 gives the derivative without rounding: Im f(w + i e) / e."""
    made, weights, function = case
    made.zero_grad()
    (made(torch.tensor(X))[0] * torch.tensor(WEIGHTING)).sum().backward()
    for name, value in weights.items():
        for place in np.ndindex(value.shape):
            moved = {key: array.astype(complex) for key, array in weights.items()}
            moved[name][place] += 1e-30j
            slope = (reference(function, moved) * WEIGHTING).sum().imag / 1e-30
            ours = made.get_parameter(name).grad[place].item()
            assert ours == pytest.approx(slope, rel=1e-8, abs=1e-12), (name, place)
