"""helpers.parity"""

import pytest
import torch

from helpers.parity import ParityError, prove_same, relative_difference

A = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_equal_tensors_are_listed(capsys):
    prove_same({"y": (A, A.clone()), "gradient": (A[0], A[0] * (1 + 1e-14))})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "(3, 4)" in lines[0] and "gradient" in lines[1]


def test_the_first_difference_is_named_with_size_and_place():
    other = A.clone()
    other[1, 2] += 0.5
    message = rf"second differs by .* Worst at \(1, 2\): ours {A[1, 2]:.6g}, theirs {other[1, 2]:.6g}"
    with pytest.raises(ParityError, match=message):
        prove_same({"first": (A, A), "second": (A, other), "third": (A, -A)})


def test_a_small_difference_counts():
    with pytest.raises(ParityError, match=r"e-09"):
        prove_same({"y": (A, A * (1 + 1e-9))})
    prove_same({"y": (A, A * (1 + 1e-9))}, tolerance=1e-8)


@pytest.mark.parametrize(("pair", "message"), [
    ((A, A[:2]), "shapes differ"), ((A.float(), A.float()), "float64"), ((A * 0, A * 0), "all zeros"),
    ((A / 0, A), "not finite"), ((A, A * torch.nan), "not finite")])
def test_what_proves_nothing_is_refused(pair, message):
    with pytest.raises(ParityError, match=message):
        prove_same({"y": pair})


def test_nothing_to_compare():
    with pytest.raises(ParityError, match="nothing"):
        prove_same({})


def test_relative_difference():
    assert relative_difference(torch.tensor([1.0, 4.0]), torch.tensor([1.0, 5.0])) == pytest.approx(0.2)
