"""How far translations are from what they should be: error rate, exact matches, BLEU, all of lists of sequences; and
the error rates of a model of the translation task."""

import math
from collections import Counter

import numpy as np

from helpers import CourseError, data, sampling


def check(outputs, references):
    """CourseError unless there is an output for each reference, and something to score."""
    if len(outputs) != len(references):
        raise CourseError(f"There are {len(outputs)} outputs for {len(references)} references.")
    if not references:
        raise CourseError("There is nothing to score.")


def edit_distances(outputs, references):
    """Insertions, deletions and substitutions from each output to its reference: int array (count).

    All pairs at once, one output symbol after the other; `np.minimum.accumulate` does the insertions.
    """
    check(outputs, references)
    number = {symbol: i for i, symbol in enumerate({s for sequence in [*outputs, *references] for s in sequence})}
    longest, count = max(map(len, references)), len(references)
    wanted = np.full((count, longest), -1)
    for row, sequence in enumerate(references):
        wanted[row, :len(sequence)] = [number[symbol] for symbol in sequence]
    steps, lengths = np.arange(longest + 1), np.array([len(sequence) for sequence in references])
    distances = np.zeros(count, dtype=np.int64)
    row = np.tile(steps, (count, 1))  # distance from the output read so far to each beginning of the reference
    for read in range(max(map(len, outputs)) + 1):
        ended = np.array([len(output) == read for output in outputs])
        distances[ended] = row[ended, lengths[ended]]
        symbols = np.array([number[output[read]] if read < len(output) else -2 for output in outputs])
        best = np.minimum(row[:, 1:] + 1, row[:, :-1] + (wanted != symbols[:, None]))
        row = np.concatenate([row[:, :1] + 1, best], 1)
        row = np.minimum.accumulate(row - steps, 1) + steps
    return distances


def error_rate(outputs, references):
    """Edit distance per reference symbol, one sum divided by the other. Above 1 if the outputs are far too long."""
    distances, symbols = edit_distances(outputs, references), sum(map(len, references))
    if not symbols:
        raise CourseError("The references are empty: there is nothing to divide by.")
    return distances.sum().item() / symbols


def phoneme_errors(model, test_sets, pronunciations):
    """The phoneme error rate of a model of the translation task on each set of sentences, {key: rate}.

    model: as for `sampling.translate`; test_sets: {key: list of sentences}, for each number of names, say.
    """
    rates = {}
    for key, sentences in test_sets.items():
        answers = [data.sounds(sentence, pronunciations) for sentence in sentences]
        rates[key] = error_rate(sampling.translate(model, sentences), answers)
    return rates


def exact_match(outputs, references):
    """The share of outputs that are their reference, symbol by symbol."""
    check(outputs, references)
    return sum(list(o) == list(r) for o, r in zip(outputs, references, strict=True)) / len(references)


def bleu(outputs, references):
    """BLEU from 0 to 100 over a whole set: mean log precision of 1- to 4-grams, and a penalty for being too short.

    Papineni, Roukos, Ward, Zhu, BLEU: a method for automatic evaluation of machine translation (2002). One reference
    for each output.
    """
    check(outputs, references)
    matches, total = np.zeros(4), np.zeros(4)
    for output, reference in zip(outputs, references, strict=True):
        for n in range(1, 5):
            found, wanted = (Counter(zip(*(s[i:] for i in range(n)), strict=False)) for s in (output, reference))
            matches[n - 1] += (found & wanted).total()
            total[n - 1] += found.total()
    if not matches.all():
        return 0.0
    short = sum(map(len, references)) / sum(map(len, outputs)) - 1
    return 100 * math.exp(np.log(matches / total).mean() - max(0.0, short))
