"""The proofs bite: every one-line fault in a hand-built model makes its notebook's proof cell fail."""

import pytest
from notebook_code import run_tagged

from helpers.parity import ParityError

FAULTS = {
    "00_story_so_far": [
        ("no tanh in the hidden layer", "hidden = torch.tanh(self.d + x @ self.H.T)", "hidden = self.d + x @ self.H.T"),
        ("no direct connections", "self.b + x @ self.W.T + hidden", "self.b + hidden"),
        ("no output bias", "return self.b + x", "return x"),
        ("oldest symbol first in the window by hand", "x = self.C[windows(tokens, self.width)]",
         "x = self.C[windows(tokens, self.width).flip(2)]"),
        ("convolution without its bias", "earlier @ A.T + x @ B.T + b", "earlier @ A.T + x @ B.T"),
        ("convolution looks one step too far", "F.pad(x, (0, 0, dilation, 0))", "F.pad(x, (0, 0, dilation + 1, 0))"),
        ("kernel halves swapped", "earlier @ A.T + x @ B.T", "earlier @ B.T + x @ A.T"),
        ("the network's convolution looks ahead", "F.pad(x, (self.dilation, 0))", "F.pad(x, (0, self.dilation))"),
        ("plain counts in the shorter context",
         "tables[k][h[1:]][w] += 1  #", "tables[k][h[1:]][w] += followers[w]  #"),
        ("plain counts in the middle tables", "tables[k][h[1:]][w] += 1  #",
         "tables[k][h[1:]][w] += 1 if k == 0 else followers[w]  #"),
        ("no discount", "self.D.append(n[1] / (n[1] + 2 * n[2]) if n[1] else 0.0)", "self.D.append(0.0)"),
        ("another discount", "n[1] / (n[1] + 2 * n[2])", "n[1] / (n[1] + n[2])"),
        ("discount taken and not given back", "+ taken * lower) / c.sum() if", "+ 0 * lower) / c.sum() if"),
        ("discount given back once, not per follower", "taken = D * len(followers)", "taken = D"),
        ("uniform instead of the shorter context",
         "lower = self.P(h[1:]) if h else", "lower = self.P(()) * 0 + 1 / 27 if h else"),
    ],
    "01_bptt_boden_2001": [
        ("carried error left out",
         "delta = (local + carried) * (1 - y[:, t] ** 2)", "delta = local * (1 - y[:, t] ** 2)"),
        ("local error left out", "delta = (local + carried) *", "delta = carried *"),
        ("slope of the logistic",
         "(local + carried) * (1 - y[:, t] ** 2)", "(local + carried) * y[:, t] * (1 - y[:, t])"),
        ("slope left out", "(local + carried) * (1 - y[:, t] ** 2)", "(local + carried)"),
        ("transposed loop", 'carried = delta @ w["U"]', 'carried = delta @ w["U"].T'),
        ("state of the same step", "delta.T @ before[:, t]", "delta.T @ y[:, t]"),
        ("wrong sign at the outputs", "return (d - p) * (targets", "return (p - d) * (targets"),
        ("padding not left out", "return (d - p) * (targets != data.IGNORE)[..., None]", "return d - p"),
        ("mean over the batch instead of sum", 'change["theta_j"] + delta.sum(0)\n        carried',
         'change["theta_j"] + delta.mean(0)\n        carried'),
        ("mean over copies instead of sum", 'change["V"] = change["V"] + delta.T @ x[:, t]',
         'change["V"] = change["V"] + delta.T @ x[:, t] / tokens.shape[1]'),
        ("only the last copy counts",
         'change["U"] = change["U"] + delta.T @', 'change["U"] = 0 * change["U"] + delta.T @'),
        ("bias counted twice", 'y @ w["U"].T + w["theta_j"]        # V', 'y @ w["U"].T + 2 * w["theta_j"]  # V'),
        ("truncation one copy too long", "for lag in range(min(tau, tokens.shape[1])):",
         "for lag in range(min(tau + 1, tokens.shape[1])):"),
        ("lagged states not shifted", "delta, before[:, :here]", "delta, y[:, :here]"),
        ("lagged slopes of the wrong step", "slopes[:, :here - 1]", "slopes[:, 1:here]"),
    ],
    "02_rnn_mikolov_2010": [
        ("tanh for the logistic", "s = torch.sigmoid(torch.cat([w, s], 1) @ self.U.T)",
         "s = torch.tanh(torch.cat([w, s], 1) @ self.U.T)"),
        ("first state 0", "torch.full((len(tokens), len(self.U)), 0.1,", "torch.full((len(tokens), len(self.U)), 0.0,"),
        ("state before symbol", "torch.cat([w, s], 1) @ self.U.T", "torch.cat([s, w], 1) @ self.U.T"),
        ("probabilities for logits", "outputs.append(s @ self.V.T)", "outputs.append((s @ self.V.T).softmax(1))"),
        ("wrong sign of the error", "error = desired - (s @ V.T).softmax(1)", "error = (s @ V.T).softmax(1) - desired"),
        ("error without softmax", "error = desired - (s @ V.T).softmax(1)", "error = desired - s @ V.T"),
        ("slope of tanh", "delta = (error @ V) * s * (1 - s)", "delta = (error @ V) * (1 - s * s)"),
        ("no slope one step back", "(delta @ U[:, 27:]) * s * (1 - s)", "delta @ U[:, 27:]"),
        ("transposed loop", "(delta @ U[:, 27:]) * s", "(delta @ U[:, 27:].T) * s"),
        ("only the oldest step counts", "dU += delta.T @ x", "dU = delta.T @ x"),
        ("back through one step too few", "for x, s in past[1:]:", "for x, s in past[1:-1]:"),
        ("mean over readers", "dV = error.T @ s", "dV = error.T @ s / len(s)"),
        ("a bias counted twice", "+ h @ W_hh.T + b_hh)", "+ h @ W_hh.T + 2 * b_hh)"),
        ("loop transposed in the variant", "h @ W_hh.T + b_hh", "h @ W_hh + b_hh"),
        ("logistic in the variant", "h = torch.tanh(e_t @", "h = torch.sigmoid(e_t @"),
        ("first state for the last", "return torch.stack(states, 1), h", "return torch.stack(states, 1), states[0]"),
    ],
    "03_lstm_graves_2013": [
        ("order i, f, o, g", "i, f, g, o = z.chunk(4, 1)", "i, f, o, g = z.chunk(4, 1)"),
        ("input and forget gate swapped", "i, f, g, o = z.chunk(4, 1)", "f, i, g, o = z.chunk(4, 1)"),
        ("peepholes swapped", "i, f = i + self.W_c[0] * c, f + self.W_c[1] * c",
         "i, f = i + self.W_c[1] * c, f + self.W_c[0] * c"),
        ("output gate does not peep", "o = o + self.W_c[2] * c", "o = o + 0 * self.W_c[2] * c"),
        ("output gate peeps at both memories", "i, f = i + self.W_c[0] * c, f + self.W_c[1] * c",
         "i, f, o = i + self.W_c[0] * c, f + self.W_c[1] * c, o + self.W_c[2] * c"),
        ("nothing forgotten", "c = torch.sigmoid(self.clip(f)) * c +", "c = c + 0 * self.clip(f) +"),
        ("no tanh on what is stored", "* torch.tanh(self.clip(g))", "* self.clip(g)"),
        ("no tanh on the way out", "return torch.sigmoid(self.clip(o)) * torch.tanh(c), c\n\n    def clip",
         "return torch.sigmoid(self.clip(o)) * c, c\n\n    def clip"),
        ("bias counted twice", "(x @ self.W_x.T + self.b).unbind(1)", "(x @ self.W_x.T + 2 * self.b).unbind(1)"),
        ("transposed loop", "torch.addmm(z, h, self.W_h.T)", "torch.addmm(z, h, self.W_h.view(self.H, -1))"),
        ("h and c returned in the wrong order", "(h[None], c[None])", "(c[None], h[None])"),
        ("forget gate not clipped", "torch.sigmoid(self.clip(f)) * c", "torch.sigmoid(f) * c"),
        ("clipped on one side", "derivative.clamp(-self.limit, self.limit)", "derivative.clamp(max=self.limit)"),
        ("the paper's input gate does not peep", 'p["ci"] * c + p["bi"]', '0 * p["ci"] * c + p["bi"]'),
        ("the paper's output without tanh", "return o * torch.tanh(c), c", "return o * c, c"),
        ("a layer reads the layer below first", "below = [x, *below]", "below = [*below, x]"),
        ("the output reads the last layer only", "outputs if self.skips else outputs[-1:], -1)",
         "outputs[-1:] * len(outputs), -1)"),
    ],
}
CASES = [pytest.param(name, right, wrong, id=f"{name[:2]} {what}")
         for name, faults in FAULTS.items() for what, right, wrong in faults]


@pytest.mark.parametrize("name", FAULTS)
def test_the_proofs_hold_as_they_stand(name):
    _, printed = run_tagged(name)
    assert printed.count("relative difference") > 5


@pytest.mark.parametrize(("name", "right", "wrong"), CASES)
def test_a_fault_is_caught(name, right, wrong):
    with pytest.raises(ParityError):
        run_tagged(name, right=right, wrong=wrong)
