"""The names, their split, the vocabulary, and batches of names of like length."""

import csv
import hashlib
from pathlib import Path
from typing import NamedTuple

import torch

from helpers import CourseError

FOLDER = Path(__file__).resolve().parent.parent / "data"
IGNORE = -100  # the target of a padded position; torch's cross entropy leaves it out


class Split(NamedTuple):
    """Three lists of names, no name in two of them."""

    train: list
    validation: list
    test: list


def read_table(file_name):
    """The rows of a table in data/, as dictionaries. CourseError if the file is missing."""
    path = FOLDER / file_name
    if not path.exists():
        raise CourseError(f"{path} is missing. Get it back with 'git checkout -- data', or clone the course again.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_names():
    """All 29,693 names, most frequent first."""
    return [row["name"] for row in read_table("names.csv")]


def part_of(name):
    """'train' (80 %), 'validation' (10 %) or 'test' (10 %): decided by a hash of the name alone."""
    bucket = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 10
    return "test" if bucket == 9 else "validation" if bucket == 8 else "train"


def split_names(names):
    """Names divided by `part_of`: the same on every machine, whatever the order or number of names."""
    parts = Split([], [], [])
    for name in dict.fromkeys(names):
        getattr(parts, part_of(name)).append(name)
    return parts


class Vocabulary:
    """Symbols as numbers. Token 0 is the boundary: it starts and it ends a sequence.

    symbols: the symbols in order, numbered from 1. For names, the letters a-z; a list of strings works too.
    """

    def __init__(self, symbols="abcdefghijklmnopqrstuvwxyz"):
        self.symbols = [".", *symbols]
        self.number = {symbol: i for i, symbol in enumerate(self.symbols)}
        if len(self.number) != len(self.symbols):
            raise CourseError("A vocabulary needs different symbols, and '.' is taken: it marks start and end.")

    def __len__(self):
        return len(self.symbols)

    def encode(self, sequence):
        """Tokens (without boundaries) of a sequence of symbols. CourseError names a symbol it does not know."""
        for symbol in sequence:
            if symbol == "." or symbol not in self.number:
                hint = " Write it in lower case." if symbol.lower() in self.number and symbol != "." else ""
                first, last = self.symbols[1], self.symbols[-1]
                raise CourseError(f"The model never saw {symbol!r}. It knows {len(self) - 1} symbols, "
                                  f"{first} to {last}.{hint}")
        return [self.number[symbol] for symbol in sequence]

    def decode(self, tokens):
        """The symbols of some tokens, joined; boundaries show as '.'."""
        return "".join(self.symbols[int(token)] for token in tokens)


def to_tensors(names, vocabulary):
    """Inputs and targets, both (batch, time) int64, padded at the end to the longest name.

    Each name is read from the boundary on, and its next symbols, with the boundary last, are the targets:
    'ada' has inputs . a d a and targets a d a . Padded inputs are 0, padded targets are IGNORE.
    """
    if not names:
        raise CourseError("There is no name to encode.")
    tokens = [vocabulary.encode(name) for name in names]
    inputs = torch.zeros(len(names), 1 + max(map(len, tokens)), dtype=torch.int64)
    targets = torch.full_like(inputs, IGNORE)
    for row, sequence in enumerate(tokens):
        inputs[row, 1:len(sequence) + 1] = torch.tensor(sequence, dtype=torch.int64)
        targets[row, :len(sequence) + 1] = torch.tensor([*sequence, 0])
    return inputs, targets


class Batches:
    """Batches of names, `(inputs, targets)` as `to_tensors` gives them, grouped by length so that little is padding.

    Each pass over it is one epoch. With shuffle, names of equal length change places, and so do the batches; a seed
    fixes the order of every epoch from the first on.
    """

    def __init__(self, names, vocabulary, batch_size=128, *, shuffle=True, seed=0):
        if batch_size < 1:
            raise CourseError(f"batch_size must be at least 1, not {batch_size}.")
        self.inputs, self.targets = to_tensors(names, vocabulary)
        self.lengths = (self.targets != IGNORE).sum(1)
        self.batch_size, self.shuffle = batch_size, shuffle
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return -(-len(self.inputs) // self.batch_size)

    def __iter__(self):
        order = torch.arange(len(self.inputs))
        if self.shuffle:
            order = torch.randperm(len(order), generator=self.generator)
        order = order[self.lengths[order].argsort(stable=True)]
        batches = order.split(self.batch_size)
        turns = torch.randperm(len(batches), generator=self.generator) if self.shuffle else range(len(batches))
        for turn in turns:
            rows = batches[turn]
            longest = self.lengths[rows].max()
            yield self.inputs[rows, :longest], self.targets[rows, :longest]


def recall_batch(gap, count, generator):
    """The recall task: say, after `gap` fillers, which letter came first.

    Each sequence is one of the letters a-h (tokens 1-8), then `gap` random letters of i-z (tokens 9-26), then the
    boundary 0, which asks the question. Guessing is right once in 8.

    Returns sequences (count, gap + 2) int64 and answers (count,) int64, the first token of each sequence.
    """
    if gap < 0 or count < 1:
        raise CourseError(f"recall_batch needs gap >= 0 and count >= 1, not {gap} and {count}.")
    first = torch.randint(1, 9, (count, 1), generator=generator)
    fillers = torch.randint(9, 27, (count, gap), generator=generator)
    return torch.cat([first, fillers, torch.zeros_like(first)], 1), first[:, 0]
