"""The proof that a model built by hand is the one PyTorch ships: same outputs, same gradients."""

import torch

from helpers import CourseError


class ParityError(CourseError):
    """Two tensors that should be the same are not. The message names the first, and says by how much and where."""


def relative_difference(ours, theirs):
    """Largest absolute difference divided by the largest absolute value of `theirs`. 0.0 for equal tensors."""
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def prove_same(pairs, tolerance=1e-10):
    """Print a table of the pairs and their relative difference; ParityError at the first pair that differs.

    pairs: {name: (ours, theirs)}, tensors of equal shape in float64: in float32 rounding would hide small mistakes.
    A pair of nothing but zeros proves nothing, and is an error too.
    """
    if not pairs:
        raise ParityError("There is nothing to compare.")
    width = max(map(len, pairs))
    for name, (ours, theirs) in pairs.items():
        ours, theirs = ours.detach(), theirs.detach()
        if ours.dtype != torch.float64 or theirs.dtype != torch.float64:
            raise ParityError(f"{name}: compare in float64, not {ours.dtype} and {theirs.dtype}.")
        if ours.shape != theirs.shape:
            raise ParityError(f"{name}: shapes differ, {tuple(ours.shape)} and {tuple(theirs.shape)}.")
        if not (ours.isfinite().all() and theirs.isfinite().all()):
            raise ParityError(f"{name}: holds a number that is not finite.")
        if not theirs.any():
            raise ParityError(f"{name}: the reference is all zeros, so agreement would prove nothing.")
        difference = relative_difference(ours, theirs)
        if difference > tolerance:
            flat = (ours - theirs).abs().argmax()
            place = tuple(int(i) for i in torch.unravel_index(flat, ours.shape))
            raise ParityError(f"{name} differs by {difference:.1e} of its largest value (allowed: {tolerance:.0e}). "
                              f"Worst at {place}: ours {ours[place].item():.6g}, theirs {theirs[place].item():.6g}.")
        print(f"{name:<{width}}  {tuple(ours.shape)!s:<12}  relative difference {difference:.1e}")
