"""helpers.exercises: the solutions pass, every known mistake is named, blank cells are not errors."""

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


def test_unknown_exercise():
    with pytest.raises(CourseError, match="no exercise '9' of notebook '00'"):
        exercises.check("00.9", None)
    with pytest.raises(CourseError, match="no exercise"):
        exercises.check("77.1", None)
