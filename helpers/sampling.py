"""Drawing names from a language model, letter by letter, and translations from an encoder-decoder."""

import math
from itertools import takewhile

import torch

from helpers import CourseError
from helpers.data import PHONEMES, to_source


def filtered(logits, temperature=1.0, top_k=None):
    """Logits (batch, vocabulary) divided by the temperature, all but the top_k largest set to -inf."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise CourseError(f"The temperature must be a number above 0, not {temperature}.")
    if top_k is not None and top_k < 1:
        raise CourseError(f"top_k must be at least 1, not {top_k}.")
    logits = logits / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        kept = logits.topk(top_k, dim=-1)
        logits = torch.full_like(logits, -torch.inf).scatter(-1, kept.indices, kept.values)
    return logits


@torch.no_grad()
def sample(model, vocabulary, count=10, *, temperature=1.0, top_k=None, prompt="", seed=0, max_length=20):
    """`count` names that begin with the prompt, drawn symbol by symbol until the boundary or max_length symbols.

    model: a language model, tokens (batch, time) -> logits (batch, time, vocabulary). The same seed draws the same
    names. CourseError if the prompt, the temperature or top_k cannot be used.
    """
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.tensor([[0, *vocabulary.encode(prompt)]]).repeat(count, 1)  # (count, time)
    was_training = model.training
    model.eval()
    while tokens.shape[1] <= max_length:
        logits = filtered(model(tokens)[:, -1], temperature, top_k)
        following = torch.multinomial(logits.softmax(-1), 1, generator=generator)  # (count, 1)
        ended = (tokens[:, 1:] == 0).any(1, keepdim=True)
        following[ended] = 0
        tokens = torch.cat([tokens, following], 1)
        if (tokens[:, 1:] == 0).any(1).all():
            break
    model.train(was_training)
    return [vocabulary.decode(takewhile(bool, row[1:].tolist())) for row in tokens]


def marked(samples, train):
    """One line of text: each sample followed by '*' if it stands among the training names, else plain (new)."""
    known = set(train)
    count = sum(name in known for name in samples)
    text = "  ".join(name + ("*" if name in known else "") for name in samples)
    return f"{text}\n{len(samples) - count} of {len(samples)} are new; * was seen in training"


@torch.no_grad()
def translate(model, sentences, max_length=80):
    """The phonemes, a list of strings for each sentence (a list of names), that a model of the translation task finds
    when it always takes the likeliest.

    model: `encode(source, lengths)` gives the decoder's first state, a tuple of tensors (batch, ...), and
    `step(state, tokens)` logits (batch, phonemes) and the next state. A translation ends with the boundary 0.
    """
    was_training = model.training
    model.eval()
    state, tokens = model.encode(*to_source(sentences)), torch.zeros(len(sentences), dtype=torch.int64)
    written, rows = [[] for _ in sentences], torch.arange(len(sentences))  # rows: the sentences that have not ended
    for _ in range(max_length):
        logits, state = model.step(state, tokens)
        tokens = logits.argmax(-1)
        going = tokens != 0
        rows, tokens, state = rows[going], tokens[going], tuple(part[going] for part in state)
        for row, token in zip(rows.tolist(), tokens.tolist(), strict=True):
            written[row].append(PHONEMES.symbols[token])
        if not len(rows):
            break
    model.train(was_training)
    return written


@torch.no_grad()
def beam_search(model, source, lengths, width, divide=True, max_length=80):
    """Beam search for many sources at once: for each a list of (score, tokens), best first.

    model: as for `translate`; source (batch, letters) and lengths (batch) as `to_source` gives them. The score is the
    log probability, the boundary included, with `divide` divided by the number of symbols. It ends when `width`
    sentences have reached the boundary; if none has after max_length symbols, it gives the best beginning.
    """
    if width < 1:
        raise CourseError(f"A beam has a width of at least 1, not {width}.")
    was_training = model.training
    model.eval()
    batch, rows = len(source), torch.arange(len(source))[:, None]  # rows (batch, 1)
    state = tuple(part.repeat_interleave(width, 0) for part in model.encode(source, lengths))  # (batch * width, ...)
    log_p = torch.full((batch, width), -torch.inf)
    log_p[:, 0] = 0.0  # one beginning: the empty one
    written, last = torch.zeros(batch, width, 0, dtype=torch.int64), torch.zeros(batch * width, dtype=torch.int64)
    finished = [[] for _ in range(batch)]
    for length in range(1, max_length + 1):
        logits, state = model.step(state, last)
        symbols = logits.shape[1]
        extended = log_p[:, :, None] + logits.log_softmax(1).view(batch, width, symbols)
        log_p, best = extended.flatten(1).topk(width, 1)  # (batch, width) each
        beginning, symbol = best // symbols, best % symbols
        state = tuple(part[(rows * width + beginning).flatten()] for part in state)
        written = torch.cat([written[rows, beginning], symbol[:, :, None]], 2)  # (batch, width, length)
        for n, b in ((symbol == 0) & log_p.isfinite()).nonzero().tolist():
            score = log_p[n, b].item() / (length if divide else 1)
            finished[n].append((score, written[n, b, :-1].tolist()))
        log_p = log_p.masked_fill(symbol == 0, -torch.inf)  # what is finished is not extended
        done = torch.tensor([len(each) >= width for each in finished])
        log_p[done] = -torch.inf
        last = symbol.flatten()
        if not log_p.isfinite().any():
            break
    for n in range(batch):
        if not finished[n]:
            score = log_p[n, 0].item() / (length if divide else 1)
            finished[n] = [(score, written[n, 0].tolist())]
    model.train(was_training)
    return [sorted(each, key=lambda pair: -pair[0]) for each in finished]
