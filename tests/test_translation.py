"""The translation task of helpers.data, sampling.translate, the networks of notebooks 04 and 05, and beam search."""

import itertools

import pytest
import torch
from notebook_code import run_tagged

from helpers import CourseError, data, sampling

PRONUNCIATIONS = data.load_pronunciations()
SPOKEN = data.split_names(PRONUNCIATIONS)


def test_every_name_can_be_written_and_pronounced():
    assert len(PRONUNCIATIONS) == 15_269
    for name, phonemes in PRONUNCIATIONS.items():
        data.LETTERS.encode(name)
        data.PHONEMES.encode(phonemes)
    assert len(data.PHONEMES) == 40 and len(data.LETTERS) == 29


@pytest.mark.parametrize("k", [1, 2, 3, 4, 6, 8])
def test_held_out_sentences_hold_each_name_once(k):
    sentences = data.held_out_sentences(SPOKEN.test, k)
    names = list(itertools.chain(*sentences))
    assert all(len(sentence) == k for sentence in sentences)
    assert len(names) == len(set(names)) > len(SPOKEN.test) - k
    assert set(names) <= set(SPOKEN.test)
    assert sentences == data.held_out_sentences(SPOKEN.test[::-1], k), "the order of the names must not matter"


def test_held_out_sentences_are_known_and_differ_with_k():
    assert data.held_out_sentences(["ada", "ben", "cleo", "dora"], 2) == [["cleo", "ben"], ["ada", "dora"]]
    with pytest.raises(CourseError, match="1 to 2 names"):
        data.held_out_sentences(["ada", "ben"], 3)


def test_a_batch_by_hand():
    sounds = {"jane": ["JH", "EY", "N"], "al": ["AE", "L"], "ed": ["EH", "D"]}
    source, lengths, inputs, targets = data.spoken_batch([["jane"], ["al", "ed"]], sounds)
    assert [data.LETTERS.decode(row) for row in source] == ["jane..", "al_ed."]
    assert lengths.tolist() == [5, 6]
    number = data.PHONEMES.number
    jane, both = [number[p] for p in ("JH", "EY", "N")], [number[p] for p in ("AE", "L", "EH", "D")]
    assert inputs.tolist() == [[0, *jane, 0], [0, *both]]
    assert targets.tolist() == [[*jane, 0, -100], [*both, 0]]


def read_back(batches):
    """All sentences of an epoch as lists of names, and whether each batch's targets are their phonemes."""
    sentences = []
    for source, lengths, _, targets in batches:
        for letters, length, phonemes in zip(source, lengths, targets, strict=True):
            assert letters[length - 1] == 0 and (letters[:length - 1] > 0).all() and (letters[length:] == 0).all()
            sentence = data.LETTERS.decode(letters[:length - 1]).split(data.SEPARATOR)
            sentences.append(sentence)
            if data.UNKNOWN not in "".join(sentence):
                wanted = [phoneme for name in sentence for phoneme in PRONUNCIATIONS[name]]
                assert [data.PHONEMES.symbols[p] for p in phonemes if p > 0] == wanted
    return sentences


def test_an_epoch_of_sentences_holds_every_name_once():
    names = SPOKEN.train[:500]
    batches = data.SpokenSentences(names, 4, 16)
    first, second = read_back(batches), read_back(batches)
    assert sorted(itertools.chain(*first)) == sorted(itertools.chain(*second)) == sorted(names)
    assert first != second
    counts = [sum(len(sentence) == k for sentence in first + second) for k in range(1, 5)]
    assert min(counts) > 0.6 * max(counts), counts
    assert read_back(data.SpokenSentences(names, 4, 16)) == first, "a seed fixes the epoch"
    assert max(map(len, read_back(data.SpokenSentences(names, 2, 16)))) == 2


def test_unknown_letters_are_hidden_and_nothing_else():
    names = SPOKEN.train[:2000]
    text = "".join(itertools.chain(*read_back(data.SpokenSentences(names, 3, 64, unknown=0.1))))
    assert text.count(data.UNKNOWN) / len(text) == pytest.approx(0.1, abs=0.015)
    assert len(text) == sum(map(len, names))
    with pytest.raises(CourseError, match="unknown a share"):
        data.SpokenSentences(names, 3, unknown=1.5)


class Spelled:
    """Says a phoneme for each letter of the source (the one with the letter's number), then the boundary."""

    training = True

    def train(self, mode=True):
        self.training = mode

    def eval(self):
        self.train(False)

    def encode(self, source, lengths):
        return source, torch.zeros(len(source), dtype=torch.int64)

    def step(self, state, tokens):
        source, place = state
        wanted = source.gather(1, place.clamp(max=source.shape[1] - 1)[:, None])[:, 0]
        return torch.nn.functional.one_hot(wanted, 40).float(), (source, place + 1)


def test_translate_stops_each_sentence_at_its_own_boundary():
    model = Spelled()
    wanted = [["AA", "AE"], ["AA", "AE", "AH", "AO", "AW"], ["AE"]]
    assert sampling.translate(model, [["ab"], ["abcde"], ["b"]]) == wanted
    assert model.training
    assert sampling.translate(model, [["abcde"]], max_length=3) == [["AA", "AE", "AH"]]


class Tiny(torch.nn.Module):
    """A decoder with four symbols whose probabilities depend on all that was written."""

    def __init__(self, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.table = 2 * torch.randn(997, 4, generator=generator, dtype=torch.float64)

    def encode(self, source, lengths):
        return (source[:, 0],)

    def step(self, state, tokens):
        key = (5 * state[0] + tokens + 1) % 997
        return self.table[key], (key,)


def every_sentence(model, source, longest, normalise):
    """The best finished sentence of at most `longest` symbols, the boundary counted, found by trying all."""
    best = (-torch.inf, None)
    for length in range(1, longest + 1):
        for written in itertools.product((1, 2, 3), repeat=length - 1):
            state, last, log_p = model.encode(source, None), torch.tensor([0]), 0.0
            for symbol in (*written, 0):
                logits, state = model.step(state, last)
                log_p += logits.log_softmax(1)[0, symbol].item()
                last = torch.tensor([symbol])
            best = max(best, (log_p / (length if normalise else 1), list(written)))
    return best


def test_a_beam_has_a_width():
    with pytest.raises(CourseError, match="at least 1, not 0"):
        sampling.beam_search(Tiny(0), torch.tensor([[1]]), torch.tensor([1]), 0)


def test_a_sentence_that_never_ends_is_cut():
    source, lengths = torch.tensor([[1]]), torch.tensor([1])
    [[(score, written)]] = sampling.beam_search(Tiny(3), source, lengths, 1, divide=True, max_length=4)
    assert len(written) == 4 and score < 0


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_is_exhaustive_search(seed, normalise):
    model, source, lengths = Tiny(seed), torch.tensor([[1], [2], [3]]), torch.tensor([1, 1, 1])
    found = sampling.beam_search(model, source, lengths, 400, normalise, max_length=5)
    for n in range(3):
        score, written = every_sentence(model, source[n:n + 1], 5, normalise)
        assert found[n][0][1] == written
        assert found[n][0][0] == pytest.approx(score, rel=1e-5)


def test_length_normalisation_changes_the_winner():
    source, lengths = torch.tensor([[1]]), torch.tensor([1])
    winners = [[sampling.beam_search(Tiny(seed), source, lengths, 400, divide, max_length=5)[0][0][1]
                for seed in range(5)] for divide in (True, False)]
    assert winners[0] != winners[1]
    assert sum(map(len, winners[0])) > sum(map(len, winners[1]))


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy_search(seed):
    model, source, lengths = Tiny(seed), torch.tensor([[1], [2], [3]]), torch.tensor([1, 1, 1])
    found = sampling.beam_search(model, source, lengths, 1, max_length=30)
    for n in range(3):
        state, last, written = model.encode(source[n:n + 1], None), torch.tensor([0]), []
        for _ in range(30):
            logits, state = model.step(state, last)
            last = logits.argmax(1)
            written.append(last.item())
            if written[-1] == 0:
                break
        assert found[n][0][1] == [symbol for symbol in written if symbol]


def test_hypotheses_come_sorted_with_their_true_scores():
    model, source = Tiny(0), torch.tensor([[1]])
    for score, written in sampling.beam_search(model, source, torch.tensor([1]), 5, max_length=8)[0]:
        state, last, log_p = model.encode(source, None), torch.tensor([0]), 0.0
        for symbol in (*written, 0):
            logits, state = model.step(state, last)
            log_p += logits.log_softmax(1)[0, symbol].item()
            last = torch.tensor([symbol])
        assert score == pytest.approx(log_p / (len(written) + 1), rel=1e-5)
    scores = [score for score, _ in sampling.beam_search(model, source, torch.tensor([1]), 5, max_length=8)[0]]
    assert scores == sorted(scores, reverse=True)


def test_the_greedy_search_of_the_lesson_is_translate():
    greedy = run_tagged("04_gru_cho_2014", tags=("setup", "hand-built"))[0]["greedy"]
    sentences = [["ada"], ["ben", "alexandra"], ["maria"], ["jo", "emma"]]
    for longest in (30, 3):
        wanted = sampling.translate(Spelled(), sentences, max_length=longest)
        assert [greedy(Spelled(), sentence, longest) for sentence in sentences] == wanted


def test_a_beam_is_searched_without_dropout_and_the_mode_is_put_back():
    model = Tiny(0)
    seen, step = [], model.step
    model.step = lambda *a: (seen.append(model.training), step(*a))[1]
    sampling.beam_search(model, torch.tensor([[1]]), torch.tensor([1]), 2, max_length=3)
    assert seen and not any(seen) and model.training


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_the_beam_of_the_lesson_finds_the_same(seed, width):
    """Notebook 04's beam for one sentence against the batched one, both without dividing."""
    model, source = Tiny(seed), torch.tensor([[1]])
    beam = run_tagged("04_gru_cho_2014", tags=("setup", "hand-built"))[0]["beam"]

    def next_probabilities(written):
        state, logits = model.encode(source, None), None
        for last in [0, *written]:
            logits, state = model.step(state, torch.tensor([last]))
        return {"." if symbol == 0 else symbol: p for symbol, p in enumerate(logits[0].softmax(0).tolist())}

    found = sampling.beam_search(model, source, torch.tensor([1]), width, divide=False, max_length=40)[0]
    found = [each for each in found if len(each[1]) < 40]  # the others never ended
    ours = beam(next_probabilities, width)
    assert [written[:-1] for _, written in ours] == [written for _, written in found]
    assert [log_p for log_p, _ in ours] == pytest.approx([score for score, _ in found], rel=1e-5)


@pytest.fixture(scope="module")
def networks():
    """The translation networks of both notebooks, untrained, in float64, by name."""
    torch.manual_seed(0)
    of04, of05 = (run_tagged(name, tags=("setup", "hand-built"))[0]
                  for name in ("04_gru_cho_2014", "05_attention_bahdanau_2015"))
    made = {"fixed vector": of04["EncoderDecoder"](6, 8, 7), "tanh units": of04["EncoderDecoder"](6, 8, 7),
            "grConv": of04["EncoderDecoder"](6, 8, 7), "additive attention": of05["AttentionModel"](6, 8),
            "dot product": of05["AttentionModel"](6, 8), "mean": of05["AttentionModel"](6, 8)}
    made["tanh units"].encoder = torch.nn.RNN(6, 8, batch_first=True)
    made["tanh units"].decoder = torch.nn.RNN(13, 8, batch_first=True)
    made["grConv"].encoder, made["grConv"].V = of04["GrConv"](6, 10), torch.nn.Linear(10, 7)
    made["dot product"].attention, made["mean"].attention = of05["DotAttention"](8), of05["Mean"](8)
    for network in made.values():
        network.double()
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.5)
    return made


NETWORKS = ["fixed vector", "tanh units", "grConv", "additive attention", "dot product", "mean"]


@pytest.mark.parametrize("name", NETWORKS)
def test_longer_neighbours_change_nothing(networks, name):
    """No padding is seen: logits and translations of a sentence are the same alone and beside longer ones."""
    model, sentences = networks[name], [["ada"], ["ben", "alexandra"], ["jo"], ["maria", "emma", "christopher"]]
    together = model(*data.spoken_batch(sentences, PRONUNCIATIONS)[:3])
    translated = sampling.translate(model, sentences, max_length=30)
    for row, sentence in enumerate(sentences):
        source, lengths, inputs, _ = data.spoken_batch([sentence], PRONUNCIATIONS)
        alone = model(source, lengths, inputs)
        assert (together[row, :inputs.shape[1]] - alone[0]).abs().max() < 1e-12
        assert sampling.translate(model, [sentence], max_length=30) == [translated[row]]


@pytest.mark.parametrize("name", NETWORKS)
def test_writing_step_by_step_gives_the_logits_of_training(networks, name):
    model = networks[name]
    source, lengths, inputs, _ = data.spoken_batch([["ben", "ada"], ["alexandra"]], PRONUNCIATIONS)
    state, stepped = model.encode(source, lengths), []
    for tokens in inputs.unbind(1):
        logits, state = model.step(state, tokens)
        stepped.append(logits)
    assert torch.allclose(torch.stack(stepped, 1), model(source, lengths, inputs), rtol=0, atol=1e-12)


def test_the_control_cannot_attend(networks):
    """Each letter gets the same weight, the padding none."""
    source, lengths = data.to_source([["ada"], ["ben", "ada"]])
    model = networks["mean"]
    _, _, weights = model.move(model.encode(source, lengths), torch.randn(2, 6, dtype=torch.float64))
    weights = weights.double()
    assert weights[0].tolist() == [0.25] * 4 + [0.0] * 4
    assert weights[1].tolist() == [0.125] * 8
