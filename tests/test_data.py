"""helpers.data"""

import hashlib
import random
import string
import subprocess
import sys
from itertools import chain

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers import CourseError, data

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=15)


@pytest.mark.parametrize("file", ["names.csv", "pronunciations.csv", "icelandic_places.csv"])
def test_tables_are_the_ones_the_readme_describes(file):
    digest = hashlib.sha256((data.FOLDER / file).read_bytes()).hexdigest()
    assert digest in (data.FOLDER / "README.md").read_text()


def test_licence_travels_with_the_pronunciations():
    assert "Carnegie Mellon University" in (data.FOLDER / "CMUDICT_LICENSE").read_text()


def test_names_are_distinct_and_lower_case():
    names = data.load_names()
    assert len(names) == len(set(names)) == 29_693
    assert set("".join(names)) == set(string.ascii_lowercase)


def test_split_is_a_partition_in_the_right_shares():
    names = data.load_names()
    split = data.split_names(names)
    assert sorted(chain(*split)) == sorted(names)
    for part, share in zip(split, (0.8, 0.1, 0.1), strict=True):
        assert abs(len(part) / len(names) - share) < 0.005


@given(st.lists(NAMES, min_size=1))
def test_split_depends_on_the_name_alone(names):
    shuffled = random.Random(0).sample([*names, *names], 2 * len(names))
    one, other = data.split_names(names), data.split_names(shuffled)
    assert [set(part) for part in one] == [set(part) for part in other]
    assert len(set().union(*one)) == sum(map(len, one))


def test_split_is_the_same_in_another_process_and_known():
    code = "from helpers import data; print([data.part_of(n) for n in ('emma', 'karla', 'michaela')])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                             cwd=data.FOLDER.parent, env={"PYTHONHASHSEED": "7", "PATH": ""}).stdout
    assert printed.strip() == str([data.part_of(n) for n in ("emma", "karla", "michaela")])
    assert [data.part_of(n) for n in ("leah", "michaela", "karla")] == ["train", "validation", "test"]


def test_missing_table_says_how_to_get_it_back(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    with pytest.raises(CourseError, match=r"names\.csv is missing.*git checkout"):
        data.load_names()


@given(NAMES)
def test_encoding_and_decoding_are_inverse(name):
    vocabulary = data.Vocabulary()
    assert vocabulary.decode(vocabulary.encode(name)) == name


@pytest.mark.parametrize(("name", "hint"), [("zoë", "'ë'.*26 symbols, a to z"), ("Emma", "'E'.*lower case"),
                                            ("a.b", "'\\.'"), ("jo ann", "' '")])
def test_vocabulary_names_what_it_cannot_encode(name, hint):
    with pytest.raises(CourseError, match=hint):
        data.Vocabulary().encode(name)


def test_vocabulary_of_longer_symbols():
    vocabulary = data.Vocabulary(["AA", "B", "CH"])
    assert len(vocabulary) == 4
    assert vocabulary.encode(["CH", "AA"]) == [3, 1]
    with pytest.raises(CourseError, match="different symbols"):
        data.Vocabulary("aa")


def test_tensors_of_two_names():
    inputs, targets = data.to_tensors(["ab", "c"], data.Vocabulary())
    assert inputs.tolist() == [[0, 1, 2], [0, 3, 0]]
    assert targets.tolist() == [[1, 2, 0], [3, 0, -100]]
    with pytest.raises(CourseError, match="no name"):
        data.to_tensors([], data.Vocabulary())


@given(st.lists(NAMES, min_size=1, max_size=60), st.integers(1, 20), st.booleans())
def test_an_epoch_holds_every_name_once(names, batch_size, shuffle):
    vocabulary = data.Vocabulary()
    batches = data.Batches(names, vocabulary, batch_size, shuffle=shuffle)
    found = []
    for inputs, targets in batches:
        assert inputs.shape == targets.shape and len(inputs) <= batch_size
        assert (targets != data.IGNORE).any(0).all(), "a column of nothing but padding"
        found += [vocabulary.decode(row[row != data.IGNORE]).removesuffix(".") for row in targets]
    assert sorted(found) == sorted(names)


def test_batches_waste_little_and_repeat_with_the_seed():
    names = data.split_names(data.load_names()).train
    batches = data.Batches(names, data.Vocabulary(), seed=3)
    padding = torch.tensor([[(y == data.IGNORE).sum(), y.numel()] for _, y in batches]).sum(0)
    assert padding[0] / padding[1] < 0.01
    first, again = (data.Batches(names[:1000], data.Vocabulary(), seed=3) for _ in range(2))
    for _ in range(2):
        for one, other in zip(first, again, strict=True):
            assert torch.equal(one[0], other[0])
    assert not torch.equal(next(iter(first))[0], next(iter(data.Batches(names[:1000], data.Vocabulary(), seed=4)))[0])
    with pytest.raises(CourseError):
        data.Batches(names, data.Vocabulary(), 0)


@given(st.integers(0, 30), st.integers(1, 20))
def test_recall_sequences(gap, count):
    sequences, answers = data.recall_batch(gap, count, torch.Generator().manual_seed(1))
    assert sequences.shape == (count, gap + 2)
    assert torch.equal(sequences[:, 0], answers)
    assert ((answers >= 1) & (answers <= 8)).all()
    assert (sequences[:, 1:-1] > 8).all() and (sequences[:, -1] == 0).all()


def test_recall_refuses_nonsense():
    with pytest.raises(CourseError, match="gap >= 0"):
        data.recall_batch(-1, 3, torch.Generator())


def test_joined_names_are_one_text_in_pieces():
    vocabulary = data.Vocabulary()
    names = data.split_names(data.load_names()).validation[:200]
    x, y = data.joined(names, vocabulary, 7)
    assert x.shape == y.shape == (len(x), 7) and x.dtype == torch.int64
    assert x.flatten()[1:].tolist() == y.flatten()[:-1].tolist()
    read = vocabulary.decode([*x.flatten().tolist(), y[-1, -1].item()])[1:].split(".")
    assert set(read[:-1]) < set(names) and len(read) >= len(names) - 1  # the last may be cut
    assert read[:5] != names[:5]
    assert torch.equal(x, data.joined(names, vocabulary, 7)[0])


def test_windows_of_two_names():
    vocabulary = data.Vocabulary()
    x, y = data.windows(["ada", "bo"], vocabulary, 3)
    assert [vocabulary.decode(row) for row in x] == ["...", "..a", ".ad", "ada", "...", "..b", ".bo"]
    assert vocabulary.decode(y) == "ada.bo."


@pytest.mark.parametrize("change", [lambda content: content[:-40], lambda content: content.replace(b"emma,", b"emna,"),
                                    lambda content: b""], ids=["cut short", "edited", "empty"])
def test_a_table_that_is_not_as_it_was(change, monkeypatch, tmp_path):
    content = (data.FOLDER / "names.csv").read_bytes()
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    (tmp_path / "names.csv").write_bytes(change(content))
    with pytest.raises(CourseError, match=r"names\.csv was changed or cut short.*git checkout"):
        data.load_names()


def test_line_ends_of_another_system_do_not_matter(monkeypatch, tmp_path):
    content, names = (data.FOLDER / "names.csv").read_bytes(), data.load_names()
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    (tmp_path / "names.csv").write_bytes(content.replace(b"\n", b"\r\n"))
    assert data.load_names() == names
