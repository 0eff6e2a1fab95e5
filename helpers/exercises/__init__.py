"""The checkers of the exercises: they name what is wrong with an answer.

Each notebook has a module here, `n00`, `n01`, ..., with one `Exercise` for each of its exercises.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from helpers import CourseError


@dataclass
class Exercise:
    """An exercise that asks for a function.

    solution: the right function. inputs: argument tuples on which to compare. mistakes: {what is wrong: a function
    that makes this mistake}, tried when an answer is wrong. tolerance: relative, of the largest value.
    """

    solution: Callable
    inputs: list
    mistakes: dict = field(default_factory=dict)
    tolerance: float = 1e-6


def as_tensor(value):
    """A number, list or tensor as a float64 tensor; None if it is none of these."""
    try:
        return torch.as_tensor(value).detach().to(torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None


def same(one, other, tolerance):
    """Whether two answers agree in shape and, up to the tolerance, in value."""
    one, other = as_tensor(one), as_tensor(other)
    if one is None or one.shape != other.shape:
        return False
    return bool(((one - other).abs() <= tolerance * other.abs().max().clamp(min=1e-12)).all())


def verdict(answer, exercise):
    """What there is to say about an answer, in one or two lines that begin with Right, Not yet or No answer."""
    outputs = []
    for arguments in exercise.inputs:
        copies = [a.clone() if isinstance(a, torch.Tensor) else a for a in arguments]
        try:
            outputs.append(answer(*copies))
        except Exception as error:
            return f"Not yet: your function stops with {type(error).__name__}: {error}"
    if all(output is None or output is ... for output in outputs):
        return "No answer yet: replace the dots by your code, return the result and run the cell again."
    expected = [exercise.solution(*arguments) for arguments in exercise.inputs]
    pairs = list(zip(outputs, expected, strict=True))
    if all(same(output, wanted, exercise.tolerance) for output, wanted in pairs):
        return f"Right, on all {len(pairs)} cases."
    for name, mistake in exercise.mistakes.items():
        made = [mistake(*arguments) for arguments in exercise.inputs]
        if all(same(output, wrong, exercise.tolerance) for output, wrong in zip(outputs, made, strict=True)):
            return f"Not yet: {name}"
    case, (output, wanted) = next((i, pair) for i, pair in enumerate(pairs)
                                  if not same(*pair, exercise.tolerance))
    ours, wanted = as_tensor(output), as_tensor(wanted)
    if ours is None:
        return f"Not yet: case {case + 1} should give a tensor or a number, but yours gives {output!r:.60}."
    if ours.shape != wanted.shape:
        return (f"Not yet: case {case + 1} should have the shape {tuple(wanted.shape)}, "
                f"but yours has {tuple(ours.shape)}.")
    worst = (ours - wanted).abs().argmax()
    return (f"Not yet: in case {case + 1} the worst value is {ours.flatten()[worst].item():.6g} "
            f"where {wanted.flatten()[worst].item():.6g} is right.")


def find(number):
    """The exercise with a number such as '01.2': the second of notebook 01."""
    notebook, _, which = number.partition(".")
    try:
        return importlib.import_module(f"helpers.exercises.n{notebook}").EXERCISES[number]
    except (ModuleNotFoundError, KeyError):
        raise CourseError(f"There is no exercise {which!r} of notebook {notebook!r}.") from None


def check(number, answer):
    """Print what is right or wrong about the answer (a function) to an exercise such as '01.2'."""
    print(verdict(answer, find(number)))
