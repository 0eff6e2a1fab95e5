"""The LSTM of notebook 07 and the GRU of its third exercise, with layer normalisation, against an independent float64
reference."""

import numpy as np
import pytest
import torch
from notebook_code import run_tagged
from torch import nn

from helpers.exercises.n07 import gru_step

NAME = "07_layernorm_ba_2016"
M, H, TIME, BATCH = 2, 3, 4, 2
X = np.random.default_rng(0).normal(size=(BATCH, TIME, M))
WEIGHTING = np.random.default_rng(1).normal(size=(BATCH, TIME, H))
FAULTS = [
    ("one normalisation of the sum", "self.norm_h(self.W_h(h)) + from_x[:, t] + self.b # (batch, 4H)",
     "self.norm_h(self.W_h(h) + from_x[:, t]) + self.b"),
    ("input not normalised", "from_x = self.norm_x(self.W_x(x)) ", "from_x = self.W_x(x) "),
    ("normalised cell passed on", "h = torch.sigmoid(o) * torch.tanh(self.norm_c(c))",
     "c = self.norm_c(c)\n            h = torch.sigmoid(o) * torch.tanh(c)"),
    ("cell not normalised on its way out", "torch.tanh(self.norm_c(c))", "torch.tanh(c)"),
    ("normalised after tanh", "torch.tanh(self.norm_c(c))", "self.norm_c(torch.tanh(c))"),
    ("no bias b", "+ from_x[:, t] + self.b #", "+ from_x[:, t] #"),
    ("gates in another order", "i, f, new, o = gates.chunk(4, 1)", "f, i, new, o = gates.chunk(4, 1)"),
]


def sigma(z):
    return 1 / (1 + np.exp(-z))


def normal(v, weights=None, name=""):
    """Equation 15 for one example, v (d), also with complex numbers: no absolute value, no conjugation."""
    centred = v - v.sum() / len(v)
    normalised = centred / np.sqrt((centred * centred).sum() / len(v) + 1e-5)
    return normalised if weights is None else weights[f"{name}.weight"] * normalised + weights[f"{name}.bias"]


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
    """Equations 26 to 28 for one example x (time, M), without gains and biases; z before r."""
    h, outputs = np.zeros(H, complex), []
    for x_t in x:
        gates = sigma(normal(w["W_h"] @ h) + normal(w["W_x"] @ x_t))
        new = np.tanh(normal(w["W"] @ x_t) + gates[H:] * normal(w["U"] @ h))
        h = h + gates[:H] * (new - h)
        outputs.append(h)
    return np.array(outputs)


class ByGruStep(nn.Module):
    """The step of the exercise's solution, over all times."""

    def __init__(self):
        super().__init__()
        self.W_x, self.W_h = nn.Parameter(torch.zeros(2 * H, M)), nn.Parameter(torch.zeros(2 * H, H))
        self.W, self.U = nn.Parameter(torch.zeros(H, M)), nn.Parameter(torch.zeros(H, H))

    def forward(self, x):
        h, outputs = torch.zeros(len(x), H, dtype=x.dtype), []
        for x_t in x.unbind(1):
            h = gru_step(x_t, h, self.W_x, self.W_h, self.W, self.U)
            outputs.append(h)
        return torch.stack(outputs, 1), h


def with_random_weights(module):
    torch.manual_seed(1)
    module = module.double()
    for parameter in module.parameters():
        parameter.data = torch.randn_like(parameter)
    return module


def built(right="", wrong=""):
    """The notebook's LSTM, with a fault put in if one is given."""
    return run_tagged(NAME, ("setup", "hand-built"), right, wrong)[0]["LayerNormLSTM"](M, H)


def reference(function, weights):
    return np.array([function(row, weights) for row in X])


def as_numpy(module):
    return {key: value.detach().numpy().copy() for key, value in module.named_parameters()}


@pytest.fixture(scope="module", params=[(built, lstm), (ByGruStep, gru)], ids=["LSTM", "GRU"])
def case(request):
    """A module with random weights, gains and biases; the same as numpy arrays; its reference."""
    make, function = request.param
    made = with_random_weights(make())
    return made, as_numpy(made), function


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


@pytest.mark.parametrize(("right", "wrong"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_faults_are_found(right, wrong):
    made = with_random_weights(built(right, wrong))
    difference = made(torch.tensor(X))[0].detach().numpy() - reference(lstm, as_numpy(made)).real
    assert abs(difference).max() > 1e-3
