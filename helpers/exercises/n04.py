"""Notebook 04."""

import torch

from helpers import scores
from helpers.exercises import Exercise

generator = torch.Generator().manual_seed(0)
WX, UH = torch.randn(2, 3, 15, generator=generator)
H = torch.rand(3, 5, generator=generator) * 2 - 1


def new_state(wx, uh, h, order="rzn", keep=True, squash=torch.tanh, reset="state"):
    x, u = (dict(zip(order, part.chunk(3, 1), strict=True)) for part in (wx, uh))
    r, z = torch.sigmoid(x["r"] + u["r"]), torch.sigmoid(x["z"] + u["z"])
    new = squash({"state": x["n"] + r * u["n"], "none": x["n"] + u["n"], "both": r * (x["n"] + u["n"])}[reset])
    return z * h + (1 - z) * new if keep else (1 - z) * h + z * new


def other_z(weight, block=1):
    parts = list(weight.chunk(3))
    parts[block] = -parts[block]
    return torch.cat(parts)


def by_position(output, answer):
    return sum(o != a for o, a in zip(output, answer, strict=False)) + abs(len(output) - len(answer))


def dear_replacement(output, answer):
    row = list(range(len(answer) + 1))
    for symbol in output:
        new = [row[0] + 1]
        for j, wanted in enumerate(answer, 1):
            new.append(min(row[j] + 1, new[j - 1] + 1, row[j - 1] + 2 * (symbol != wanted)))
        row = new
    return row[-1]


EXERCISES = {
    "04.1": Exercise(
        new_state,
        [(WX, UH, H), (WX[:1], UH[:1], H[:1])],
        {"z is the share of the old state in nn.GRU; you gave it to the new content.":
             lambda *a: new_state(*a, keep=False),
         "the order is r, z, n; you swapped the two gates.": lambda *a: new_state(*a, order="zrn"),
         "the new content goes through tanh.": lambda *a: new_state(*a, squash=lambda u: u),
         "the reset gate is missing.": lambda *a: new_state(*a, reset="none"),
         "the reset gate is only for what comes from the state.": lambda *a: new_state(*a, reset="both")}),
    "04.2": Exercise(
        lambda m, H: 3 * H * (m + H) + 6 * H,
        [(27, 32), (64, 139), (1, 1)],
        {"PyTorch keeps two biases for each block.": lambda m, H: 3 * H * (m + H) + 3 * H,
         "the biases are missing.": lambda m, H: 3 * H * (m + H),
         "that is the LSTM with its four blocks.": lambda m, H: 4 * H * (m + H) + 8 * H}),
    "04.3": Exercise(
        other_z,
        [(WX.T,), (UH.T[:, :2],)],
        {"you negated the reset gate; the order is r, z, n.": lambda w: other_z(w, 0),
         "you negated the new content; the order is r, z, n.": lambda w: other_z(w, 2),
         "only what leads to z changes.": lambda w: -w,
         "1 - sigmoid(u) is sigmoid(-u), not sigmoid(1 - u).":
             lambda w: torch.cat([w[:5], 1 - w[5:10], w[10:]])}),
    "04.4": Exercise(
        lambda output, answer: int(scores.edit_distances([output], [answer])[0]),
        [(["F", "IY", "B"], ["F", "IY", "B", "IY"]), (["JH", "EH", "N"], ["JH", "EY", "N"]), ([], ["AA"]),
         (["EH", "M", "AH", "D"], ["AE", "D", "AH"]), (["B", "IY", "AH"], ["IY", "AH"]), (["AH", "B"], ["B", "AH"])],
        {"you compare place by place; an insertion moves all that follows.": by_position,
         "a replacement counts once, not as a deletion and an insertion.": dear_replacement}),
}
