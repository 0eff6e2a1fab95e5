"""The checkers of the exercises: they name what is wrong with an answer.

Each notebook has a module here, `n00`, `n01`, ..., with one `Exercise` for each of its exercises.
"""

import copy
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from helpers import CourseError


@dataclass
class Exercise:
    """An exercise that asks for a function.

    solution: the right function. inputs: argument tuples on which to compare. mistakes: {what is wrong: a function
    that makes this mistake}, tried when an answer is wrong. tolerance: relative, of the largest value.
    names: of the parts, if the function is to give several, as a list or a tuple; each is compared on its own. Without
    names the parts of a list or tuple of tensors are numbered, and a list of numbers is one thing.
    gradients: the names of all arguments, if the gradients with respect to those that are tensors of floats are
    compared too. The function gives one tensor then; what is differentiated is its sum, weighted by random numbers.
    """

    solution: Callable
    inputs: list
    mistakes: dict = field(default_factory=dict)
    tolerance: float = 1e-6
    names: list = field(default_factory=list)
    gradients: list = field(default_factory=list)


def as_tensor(value):
    """A number, list or tensor as a float64 tensor; None if it is none of these."""
    try:
        return torch.as_tensor(value).detach().to(torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None


def same(one, other, tolerance):
    """Whether two answers agree in shape and, up to the tolerance, in value."""
    one, other = as_tensor(one), as_tensor(other)
    if one is None or other is None or one.shape != other.shape:
        return False
    return bool(((one - other).abs() <= tolerance * other.abs().max().clamp(min=1e-12)).all())


def copied(output):
    """A copy of what a function gave, which nothing can change any more."""
    if isinstance(output, torch.Tensor):
        return output.detach().clone()
    if isinstance(output, list | tuple):
        parts = [copied(part) for part in output]
        return tuple(parts) if isinstance(output, tuple) else parts
    try:
        return copy.deepcopy(output)
    except Exception:  # a generator, say: nothing that could be an answer
        return output


def outputs_of(function, exercise):
    """What a function gives in each case.

    It works on deep copies, and what it gives is copied at once: no call can change what another one, of the answer,
    the solution or a mistake, is given or judged by.
    """
    work = with_gradients if exercise.gradients else lambda function, arguments: function(*arguments)
    return [copied(work(function, copy.deepcopy(arguments))) for arguments in exercise.inputs]


def is_differentiable(value):
    """Whether a value is a tensor of floating point numbers."""
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def with_gradients(function, arguments):
    """The tensor that a function gives, and its gradients with respect to the arguments, 0 where there is no way."""
    floats = [each.requires_grad_() for each in arguments if is_differentiable(each)]
    output = function(*arguments)
    if is_blank(output):
        return output
    if not isinstance(output, torch.Tensor) or not output.requires_grad:
        return [output, *(torch.zeros_like(each) for each in floats)]
    weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(0), dtype=output.dtype)
    return [output, *torch.autograd.grad((output * weights).sum(), floats, allow_unused=True, materialize_grads=True)]


def is_blank(output):
    """Whether a function that gave this has not been written yet."""
    if isinstance(output, list | tuple) and output:
        return all(is_blank(part) for part in output)
    return output is None or output is ...


def parts_of(output, several):
    """The parts of an output that are compared, each for itself. Something single has none if several are wanted."""
    if not several:
        return [output]
    return list(output) if isinstance(output, list | tuple) else []


def all_same(outputs, others, several, tolerance):
    """Whether the outputs of two functions agree in every part of every case."""
    for output, other in zip(outputs, others, strict=True):
        ours, theirs = parts_of(output, several), parts_of(other, several)
        if len(ours) != len(theirs) or not all(same(*pair, tolerance) for pair in zip(ours, theirs, strict=True)):
            return False
    return True


def verdict(answer, exercise):
    """What there is to say about an answer, in one or two lines that begin with Right, Not yet or No answer."""
    try:
        outputs = outputs_of(answer, exercise)
    except Exception as error:
        return f"Not yet: your function stops with {type(error).__name__}: {error}"
    if all(is_blank(output) for output in outputs):
        return "No answer yet: replace the dots by your code, return the result and run the cell again."
    expected = outputs_of(exercise.solution, exercise)
    several = bool(exercise.names or exercise.gradients) or any(isinstance(part, torch.Tensor | np.ndarray)
                                          for part in parts_of(expected[0], several=True))
    if all_same(outputs, expected, several, exercise.tolerance):
        return f"Right, on all {len(outputs)} cases."
    for name, mistake in exercise.mistakes.items():
        if all_same(outputs, outputs_of(mistake, exercise), several, exercise.tolerance):
            return f"Not yet: {name}"
    case = next(i for i in range(len(outputs))
                if not all_same([outputs[i]], [expected[i]], several, exercise.tolerance))
    if several:
        return f"Not yet: {first_wrong_part(case + 1, outputs[case], expected[case], exercise)}"
    return f"Not yet: {what_is_wrong(case + 1, outputs[case], expected[case])}"


def first_wrong_part(case, output, wanted, exercise):
    """What is wrong with the first wrong part of an output that should have several, with its name or its number."""
    parts = parts_of(output, several=True)
    ordinals = ["1st", "2nd", "3rd", *(f"{number}th" for number in range(4, len(wanted) + 1))]
    numbered = [f"the {each} part" for each in ordinals[:len(wanted)]]
    names = [f"'{name}'" for name in exercise.names] or gradient_names(exercise) or numbered
    if len(parts) != len(wanted):
        listed = f" ({', '.join(names)})" if exercise.names else ""
        found = str(len(parts)) if parts else repr(output)
        return f"case {case} should give {len(wanted)} parts{listed}, but yours gives {found:.60}."
    name, part, right = next(each for each in zip(names, parts, wanted, strict=True)
                             if not same(*each[1:], exercise.tolerance))
    return what_is_wrong(case, part, right, name)


def gradient_names(exercise):
    """What the parts are called that `with_gradients` gives."""
    given = zip(exercise.gradients, exercise.inputs[0], strict=True) if exercise.gradients else []
    floats = [name for name, each in given if is_differentiable(each)]
    return ["the output", *(f"the gradient with respect to '{name}'" for name in floats)] if floats else []


def what_is_wrong(case, output, wanted, name=""):
    """The difference between an output, or the part of it with a name, and the right one."""
    ours, wanted = as_tensor(output), as_tensor(wanted)
    place, give, gives = (f"in case {case}, {name}", "be", "is") if name else (f"case {case}", "give", "gives")
    if ours is None:
        return f"{place} should {give} a tensor or a number, but yours {gives} {output!r:.60}."
    if ours.shape != wanted.shape:
        return f"{place} should have the shape {tuple(wanted.shape)}, but yours has {tuple(ours.shape)}."
    worst = (ours - wanted).abs().argmax()
    begin = f"{place} is wrong:" if name else f"in {place}"
    return (f"{begin} the worst value is {ours.flatten()[worst].item():.6g} "
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
