"""helpers.exercises: the solutions pass, every known mistake is named, blank cells are not errors."""

import copy
import dataclasses
import re

import nbformat
import numpy as np
import pytest
import torch
from notebook_code import all_notebooks

from helpers import CourseError, exercises


def parts(path):
    """(number, the call's text, the worked solution's code) of every exercise in a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    for i, cell in enumerate(cells):
        found = re.search(r'exercises\.check\("([\d.]+)"', cell.source)
        if cell.cell_type == "code" and found:
            yield found[1], cell.source, cells[i + 1].source


PARTS = [pytest.param(*part, id=part[0]) for path in all_notebooks() for part in parts(path)]
MISTAKES = [pytest.param(number, name, id=f"{number} {name[:40]}") for number, _, _ in
            (part.values for part in PARTS) for name in exercises.find(number).mistakes]


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem[:2])
def test_every_notebook_has_three_to_five(path):
    numbers = [number for number, _, _ in parts(path)]
    assert numbers == [f"{path.stem[:2]}.{i}" for i in range(1, len(numbers) + 1)]
    assert 3 <= len(numbers) <= 5


@pytest.mark.parametrize(("number", "code", "after"), PARTS)
def test_the_blank_cell_is_no_error_and_the_solution_is_right(number, code, after, capsys):
    namespace = {"exercises": exercises, "np": np, "torch": torch, "F": torch.nn.functional}
    exec(code, namespace)
    assert capsys.readouterr().out.startswith("No answer yet")
    solution = re.search(r"<details><summary>Solution</summary>\n\n```python\n(.*?)```\n</details>", after, re.DOTALL)
    assert "<details><summary>Hint</summary>" in after
    exec(solution[1] + code[code.index("exercises.check("):], namespace)
    assert capsys.readouterr().out.startswith("Right")


@pytest.mark.parametrize(("number", "name"), MISTAKES)
def test_a_known_mistake_is_named(number, name):
    exercise = exercises.find(number)
    assert exercises.verdict(exercise.mistakes[name], exercise) == f"Not yet: {name}"


SQUARE = exercises.Exercise(lambda x: x**2, [(torch.tensor([1.0, 2.0]),), (torch.tensor([3.0]),)])


@pytest.mark.parametrize(("answer", "said"), [
    (lambda x: x * x, "Right, on all 2 cases."),
    (lambda x: None, "No answer yet"),
    (lambda x: x**2 + 0.001, "case 1 the worst value is 1.001 where 1 is right"),
    (lambda x: x.sum() ** 2, r"case 1 should have the shape \(2,\), but yours has \(\)"),
    (lambda x: "four", "case 1 should give a tensor or a number, but yours gives 'four'"),
    (lambda x: x / 0 + y, "stops with NameError: name 'y' is not defined"),  # noqa: F821
    (lambda: 1, "stops with TypeError"),
    (lambda x: x.zero_(), "case 1 the worst value is 0 where 4 is right"),
])
def test_what_is_said(answer, said):
    assert re.search(said, exercises.verdict(answer, SQUARE))


def changing(answer):
    """The same answer, but it spoils everything it was given before it returns."""
    def function(*arguments):
        result = copy.deepcopy(answer(*arguments))
        spoil(arguments)
        return result
    return function


def spoil(value):
    """Change in place whatever can be changed, however deep it lies."""
    if isinstance(value, torch.Tensor | np.ndarray):
        value[...] = 0
    elif isinstance(value, dict):
        for each in value.values():
            spoil(each)
        value.clear()
    elif isinstance(value, list | tuple):
        for each in value:
            spoil(each)
        if isinstance(value, list):
            value.clear()


@pytest.mark.parametrize("number", sorted({part.values[0] for part in PARTS  # PyTorch forbids such changes itself
                                           if not exercises.find(part.values[0]).gradients}))
def test_no_call_can_change_what_the_next_is_judged_by(number):
    exercise = exercises.find(number)
    before = copy.deepcopy(exercise.inputs)
    exercises.verdict(changing(lambda *arguments: None), exercise)
    assert exercises.verdict(changing(exercise.solution), exercise).startswith("Right")
    for name, mistake in exercise.mistakes.items():
        assert exercises.verdict(changing(mistake), exercise) == f"Not yet: {name}"
    spoiling = dataclasses.replace(exercise, solution=changing(exercise.solution), mistakes={
        name: changing(mistake) for name, mistake in exercise.mistakes.items()})
    assert exercises.verdict(exercise.solution, spoiling).startswith("Right")
    assert exercises.verdict(lambda *arguments: -77, spoiling).startswith("Not yet")
    assert repr(exercise.inputs) == repr(before)


def test_scaling_the_list_in_place_makes_no_other_answer_right():
    def in_place(gradients, limit):
        norm = torch.cat([g.flatten() for g in gradients]).norm()
        for i, g in enumerate(gradients):
            gradients[i] = g * min(1, limit / norm)
        return gradients

    exercise = exercises.find("01.3")
    assert exercises.verdict(in_place, exercise).startswith("Right")
    assert exercises.verdict(lambda gradients, limit: gradients, exercise).startswith("Not yet")


DEEP = exercises.Exercise(lambda x: x["w"][0].sum() + float(x["more"][0].sum()),
                          [({"w": [torch.ones(2), 1], "more": (np.ones(3),)},)])


def test_nothing_however_deep_can_be_changed():
    assert exercises.verdict(changing(DEEP.solution), DEEP).startswith("Right")
    assert exercises.verdict(lambda x: 0.0, DEEP) == "Not yet: in case 1 the worst value is 0 where 5 is right."


def test_an_answer_may_return_the_same_buffer_or_its_argument():
    buffer, numbers = torch.zeros(2), [0.0]
    assert exercises.verdict(lambda x: x.square_(), SQUARE).startswith("Right")
    same_shapes = dataclasses.replace(SQUARE, inputs=[(torch.tensor([1.0, 2.0]),), (torch.tensor([3.0, 4.0]),)])
    assert exercises.verdict(lambda x: buffer.copy_(x**2), same_shapes).startswith("Right")
    as_list = exercises.Exercise(lambda x: [x**2], [(1.0,), (2.0,)])
    assert exercises.verdict(lambda x: numbers.__setitem__(0, x**2) or numbers, as_list).startswith("Right")


def with_gradient(x):
    """An output and its gradient, the output still in its graph."""
    x.requires_grad_()
    y = (1e6 * x**2).sum()
    return y, *torch.autograd.grad(y, x, create_graph=True)


PAIR = exercises.Exercise(lambda x: ((1e6 * x**2).sum(), 2e6 * x), [(torch.tensor([1.0, 2.0]),), (torch.ones(1),)],
                          {"the factor is missing.": lambda x: (x.square().sum(), 2 * x)})
NAMED = dataclasses.replace(PAIR, names=["loss", "gradient of x"])


@pytest.mark.parametrize("exercise", [PAIR, NAMED])
@pytest.mark.parametrize(("answer", "said"), [
    (with_gradient, "Right, on all 2 cases."),
    (lambda x: list(with_gradient(x)), "Right, on all 2 cases."),
    (lambda x: (None, ...), "No answer yet: replace the dots by your code, return the result and run the cell again."),
    (lambda x: (x.square().sum(), 2 * x), "Not yet: the factor is missing."),
    (lambda x: (5e6, 1e6 * x), "Not yet: in case 1, {second} is wrong: the worst value is 2e+06 where 4e+06 is right."),
    (lambda x: (1e6 * x.square().sum(), 2e6 * x[:1]),
     "Not yet: in case 1, {second} should have the shape (2,), but yours has (1,)."),
    (lambda x: (1e6 * x.square().sum(), None),
     "Not yet: in case 1, {second} should be a tensor or a number, but yours is None."),
    (lambda x: (0, 2e6 * x), "Not yet: in case 1, {first} is wrong: the worst value is 0 where 5e+06 is right."),
    (lambda x: (1e6 * x.square().sum(),), "Not yet: case 1 should give 2 parts{both}, but yours gives 1."),
    (lambda x: 7.0, "Not yet: case 1 should give 2 parts{both}, but yours gives 7.0."),
])
def test_several_parts_are_compared_one_by_one(exercise, answer, said):
    words = {"first": "'loss'", "second": "'gradient of x'", "both": " ('loss', 'gradient of x')"} if exercise.names \
        else {"first": "the 1st part", "second": "the 2nd part", "both": ""}
    assert exercises.verdict(answer, exercise) == said.format(**words)


def test_the_tolerance_is_relative_to_each_part():
    small = exercises.Exercise(lambda x: (1e6 * x, 1e-6 * x), [(torch.ones(2),)])
    assert exercises.verdict(lambda x: (1e6 * x, 1.001e-6 * x), small).startswith("Not yet: in case 1, the 2nd part")
    assert exercises.verdict(lambda x: (1e6 * x + 0.1, 1e-6 * x), small).startswith("Right")


def test_named_numbers_are_parts_and_nameless_ones_a_list():
    numbers = exercises.Exercise(lambda x: [x, 2 * x], [(1.0,)])
    assert exercises.verdict(lambda x: torch.tensor([1.0, 2.0]), numbers).startswith("Right")
    assert exercises.verdict(lambda x: [1.0, 3.0], numbers) == \
        "Not yet: in case 1 the worst value is 3 where 2 is right."
    assert "'b' is wrong" in exercises.verdict(lambda x: [1.0, 3.0], dataclasses.replace(numbers, names=["a", "b"]))


def test_what_cannot_be_copied_is_no_answer():
    assert "should give a tensor or a number" in exercises.verdict(lambda x: (each for each in x), SQUARE)


def test_unknown_exercise():
    with pytest.raises(CourseError, match="no exercise '9' of notebook '00'"):
        exercises.check("00.9", None)
    with pytest.raises(CourseError, match="no exercise"):
        exercises.check("77.1", None)


SLOPED = exercises.Exercise(lambda x, w, k: k * (x * w).sum(0),
                            [(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), 2)],
                            {"k is missing.": lambda x, w, k: (x * w).sum(0)}, gradients=["x", "w", "k"])


@pytest.mark.parametrize(("answer", "said"), [
    (lambda x, w, k: k * x @ w, "Right, on all 1 cases."),
    (lambda x, w, k: x @ w, "Not yet: k is missing."),
    (lambda x, w, k: k * x @ w.detach(), "the gradient with respect to 'w' is wrong: the worst value is 0"),
    (lambda x, w, k: (k * x @ w).detach(), "the gradient with respect to 'x' is wrong: the worst value is 0"),
    (lambda x, w, k: k * x @ w + 1, "the output is wrong"),
    (lambda x, w, k: 22.0, "the gradient with respect to 'x' is wrong: the worst value is 0"),
    (lambda x, w, k: "22", "the output should be a tensor or a number, but yours is '22'"),
    (lambda x, w, k: None, "No answer yet"),
])
def test_gradients_are_compared_too(answer, said):
    assert said in exercises.verdict(answer, SLOPED)
    assert [each.tolist() for each in SLOPED.inputs[0][:2]] == [[1, 2], [3, 4]]
    assert not any(each.requires_grad for each in SLOPED.inputs[0][:2])
