"""The names or a list of one's own, their split, the vocabulary, batches of names of like length, and two tasks: recall
and translation."""

import csv
import hashlib
import random
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn import functional as F

from helpers import CourseError
from helpers.entries import content_of, find_entries, summary

FOLDER = Path(__file__).resolve().parent.parent / "data"
CHECKSUMS = {  # SHA-256 of the tables, with line ends as in the repository
    "names.csv": "411d53b952ad5367281679b12bed177dc3441808755c9cd73ecc096f0804b790",
    "pronunciations.csv": "75ec3e72bd2f42b91e8bb87131f407e18bdda10b2f1925a68a48823112d5ae8f",
}
BOUNDARIES = ".|¶"  # how the boundary of a list of one's own is written: the first that no entry has
IGNORE = -100  # the target of a padded position; torch's cross entropy leaves it out


class Split(NamedTuple):
    """Three lists of names, no name in two of them."""

    train: list
    validation: list
    test: list


def read_table(file_name):
    """The rows of a table in data/, as dictionaries. CourseError if the file is missing or not as it was."""
    path, remedy = FOLDER / file_name, "Get it back with 'git checkout -- data', or clone the course again."
    if not path.exists():
        raise CourseError(f"{path} is missing. {remedy}")
    content = path.read_bytes().replace(b"\r\n", b"\n")
    if hashlib.sha256(content).hexdigest() != CHECKSUMS.get(file_name):
        raise CourseError(f"{path} was changed or cut short: its checksum is not the one in data/README.md. {remedy}")
    return list(csv.DictReader(content.decode().splitlines()))


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
    boundary: how the boundary is written; none of the symbols.
    """

    def __init__(self, symbols="abcdefghijklmnopqrstuvwxyz", boundary="."):
        self.boundary, self.symbols = boundary, [boundary, *symbols]
        self.number = {symbol: i for i, symbol in enumerate(self.symbols)}
        if len(self.number) != len(self.symbols):
            raise CourseError(f"A vocabulary needs different symbols, and {boundary!r} is taken: it marks start and "
                              "end.")

    def __len__(self):
        return len(self.symbols)

    def encode(self, sequence):
        """Tokens (without boundaries) of a sequence of symbols. CourseError names a symbol it does not know."""
        tokens = [self.number.get(symbol, 0) for symbol in sequence]
        if 0 in tokens:
            symbol = sequence[tokens.index(0)]
            hints = {symbol.lower(): " Write it in lower case.", symbol.upper(): " Write it as a capital."}
            hint = next((said for other, said in hints.items() if self.number.get(other, 0)), "")
            raise CourseError(f"The model never saw {symbol!r}. It knows {len(self) - 1} symbols, "
                              f"{summary(self.symbols[1:])}.{hint}")
        return tokens

    def decode(self, tokens):
        """The symbols of some tokens, joined; boundaries show as the first of `symbols`."""
        return "".join(self.symbols[int(token)] for token in tokens)


class Words(NamedTuple):
    """A list of one's own: its split, its vocabulary, how many symbols the longest entry has, and how many lines were
    left out because they were empty, or repeated an earlier one. As text, one line that says so."""

    split: Split
    vocabulary: Vocabulary
    longest: int
    empty: int
    repeated: int

    def __str__(self):
        parts = ", ".join(f"{len(part):,} {name}" for name, part in self.split._asdict().items())
        return (f"{sum(map(len, self.split)):,} different entries ({parts}), such as "
                f"{', '.join(map(repr, self.split.train[:3]))}; the longest has {self.longest} symbols, and there are "
                f"{len(self.vocabulary) - 1} different ones; left out: {self.empty:,} empty lines, {self.repeated:,} "
                "repetitions")


def load_words(path, column=None, *, lower=False, content=None):
    """The Words of a text file with one entry a line, or of a column of a table (see `entries.find_entries`).

    content: the file's bytes, if they are here already; `path` is its name then. The boundary is written '.', or if
    some entry has a '.', with a sign that none has. CourseError for a file that is no such list.
    """
    content = content_of(path) if content is None else bytes(content)
    entries, empty, repeated = find_entries(content, Path(path).name, column, lower)
    symbols = sorted(set().union(*entries))
    signs = [*BOUNDARIES, *map(chr, range(0x2500, 0x2700))]  # more signs than the 300 symbols that a list may have
    boundary = next(sign for sign in signs if sign not in symbols)
    return Words(split_names(entries), Vocabulary(symbols, boundary), max(map(len, entries)), empty, repeated)


def to_tensors(names, vocabulary):
    """Inputs and targets, both (batch, time) int64, padded at the end to the longest name.

    Each name is read from the boundary on, and its next symbols, with the boundary last, are the targets:
    'ada' has inputs . a d a and targets a d a . Padded inputs are 0, padded targets are IGNORE.
    """
    if not names:
        raise CourseError("There is no name to encode.")
    tokens = [vocabulary.encode(name) for name in names]
    longest = max(map(len, tokens))
    inputs = [[0, *sequence] + (longest - len(sequence)) * [0] for sequence in tokens]
    targets = [[*sequence, 0] + (longest - len(sequence)) * [IGNORE] for sequence in tokens]
    return torch.tensor(inputs), torch.tensor(targets)


def joined(names, vocabulary, length):
    """Text without end: all names in a random order, always the same, each after its boundary, cut into pieces.

    Returns (inputs, targets), int64 (pieces, length) each; targets are the symbols that follow, and the last target of
    a piece is the first input of the next one.
    """
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(0))
    stream = torch.tensor([token for i in order for token in [0, *vocabulary.encode(names[i])]])
    stream = stream[:(len(stream) - 1) // length * length + 1]
    return stream[:-1].view(-1, length), stream[1:].view(-1, length)


def windows(names, vocabulary, width):
    """Every symbol of some names with what stands before it: tokens (symbols, width), the oldest first, filled up with
    boundaries before the name, and the symbols that follow, (symbols); both int64.
    """
    inputs, targets = to_tensors(names, vocabulary)
    real = targets != IGNORE
    return F.pad(inputs, (width - 1, 0)).unfold(1, width, 1)[real], targets[real]


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


# The translation task: spelling into sound. A sentence is a list of names. Its source is their letters with a separator
# between names, its target their phonemes one after the other, as in speech, with nothing between names.
SEPARATOR, UNKNOWN = "_", "?"
LETTERS = Vocabulary(f"abcdefghijklmnopqrstuvwxyz{SEPARATOR}{UNKNOWN}")
PHONEMES = Vocabulary("AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y "
                      "Z ZH".split())


def load_pronunciations():
    """The phonemes of 15,269 names, {name: list of phonemes}. Split the names with `split_names`."""
    return {row["name"]: row["phonemes"].split() for row in read_table("pronunciations.csv")}


def held_out_sentences(names, k):
    """Sentences of k names each, the same on every machine: the names in an order given by a hash, cut in pieces.

    Each name stands in one sentence (at most k - 1 are left over), so every k asks for the same names.
    """
    if not 1 <= k <= len(names):
        raise CourseError(f"A sentence has 1 to {len(names)} names here, not {k}.")
    order = sorted(names, key=lambda name: hashlib.sha256(f"{k} {name}".encode()).digest())
    return [order[i:i + k] for i in range(0, len(order) - k + 1, k)]


def to_source(sentences):
    """The letters of some sentences: source (batch, letters) int64, each ended by the boundary 0 and padded with more
    of them, and lengths (batch) int64, the ends counted."""
    _, letters = to_tensors([SEPARATOR.join(sentence) for sentence in sentences], LETTERS)
    lengths = (letters != IGNORE).sum(1)
    return letters.clamp(min=0), lengths


def sounds(sentence, pronunciations):
    """The phonemes of a sentence (a list of names), one after the other."""
    return [phoneme for name in sentence for phoneme in pronunciations[name]]


def spoken_batch(sentences, pronunciations):
    """`(source, lengths, inputs, targets)` of some sentences: `to_source`, and their phonemes as by `to_tensors`."""
    spoken = [sounds(sentence, pronunciations) for sentence in sentences]
    return *to_source(sentences), *to_tensors(spoken, PHONEMES)


def spoken_validation(longest):
    """Batches for validation: at most 150 held-out sentences of k names each, one batch for each k = 1 .. longest."""
    pronunciations = load_pronunciations()
    names = split_names(pronunciations).validation
    return [spoken_batch(held_out_sentences(names, k)[:150], pronunciations) for k in range(1, longest + 1)]


class SpokenSentences:
    """Batches of the translation task, spelling into sound: `(source, lengths, inputs, targets)` as `spoken_batch`.

    Each pass over it is one epoch: the names are shuffled and dealt out into sentences of 1 to `longest` names, every
    length as often; sentences of like length share a batch. The seed fixes every epoch from the first on.

    unknown: the share of letters replaced by UNKNOWN, drawn anew each time, so that a model learns to read it.
    """

    def __init__(self, names, longest, batch_size=64, *, unknown=0.0, seed=0):
        if longest < 1 or batch_size < 1 or not 0 <= unknown <= 1:
            raise CourseError(f"longest and batch_size must be at least 1 and unknown a share, not {longest}, "
                              f"{batch_size} and {unknown}.")
        self.names, self.longest, self.batch_size, self.unknown = list(names), longest, batch_size, unknown
        self.pronunciations, self.random = load_pronunciations(), random.Random(seed)

    def __iter__(self):
        names = self.random.sample(self.names, len(self.names))
        sentences = []
        while names:
            k = self.random.randint(1, self.longest)
            sentences.append(names[:k])
            names = names[k:]
        sentences.sort(key=lambda sentence: sum(map(len, sentence)) + len(sentence))
        batches = [sentences[i:i + self.batch_size] for i in range(0, len(sentences), self.batch_size)]
        self.random.shuffle(batches)
        generator = torch.Generator().manual_seed(self.random.getrandbits(32))
        for batch in batches:
            source, *rest = spoken_batch(batch, self.pronunciations)
            letters = (source > 0) & (source < LETTERS.number[SEPARATOR])
            source[letters & (torch.rand(source.shape, generator=generator) < self.unknown)] = LETTERS.number[UNKNOWN]
            yield source, *rest
