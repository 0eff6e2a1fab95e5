"""helpers.entries, and helpers.data.load_words: a list of the reader's own."""

import itertools
import os
import unicodedata
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from helpers import CourseError, data, entries, sampling, training
from helpers.kneser_ney import KneserNey

ICELANDIC = data.FOLDER / "icelandic_places.csv"
ALPHABETS = {  # what a list may be written in
    "Latin": "abcdéñß", "Greek": "αβγδώ", "Hebrew": "אבגדה", "Arabic with marks": "بتثجح\u064e\u0651",
    "Devanagari": "कखगघि\u094d", "combining": "abcd\u0323\u0331", "Chinese": "山水人大中", "emoji": "😀🎉🐉👩🏽\u200d",
    "signs": "a.b|c¶'$<&-", "digits": "0123 4",
}


def many(alphabet, count=300, length=5):
    """Different entries that use a whole alphabet, none with a space at an end."""
    made = ("".join(each) for each in itertools.product(alphabet, repeat=length))
    kept = [each for each in made if each == each.strip() and unicodedata.is_normalized("NFC", each)]
    return kept[::len(kept) // count][:count]


def loaded(text, name="list.txt", **options):
    content = text if isinstance(text, bytes) else text.encode()
    return data.load_words(name, content=content, **options)


def all_of(words):
    return set().union(*words.split)


def test_the_icelandic_places():
    words = data.load_words(ICELANDIC, column="word")
    assert len(all_of(words)) == 10_025 and words[2:] == (20, 0, 0) and len(words.vocabulary) == 62
    assert words.vocabulary.symbols[0] == "." and {"þ", "ö", "Þ"} < set(words.vocabulary.symbols)
    assert sum(not entry.isascii() for entry in all_of(words)) / 10_025 == pytest.approx(0.78, abs=0.005)
    for name, part in words.split._asdict().items():
        assert set(part) == {entry for entry in all_of(words) if data.part_of(entry) == name}
    lower = data.load_words(str(ICELANDIC), "word", lower=True)
    assert len(lower.vocabulary) == 33 and len(all_of(lower)) == 10_025
    assert "10,025 different entries (8,008 train" in str(words) and "such as 'Afdalsá', '" in str(words)


def test_its_attribution_travels_with_it():
    about = (data.FOLDER / "ICELANDIC_PLACES.md").read_text()
    assert "Náttúrufræðistofnun" in about and "CC BY 4.0" in about
    assert "ICELANDIC_PLACES.md" in (data.FOLDER / "README.md").read_text()


def test_a_plain_list_keeps_its_spelling_and_counts_what_it_leaves_out(tmp_path):
    given_entries = ["Saint-Brieuc", "L'Haÿ les Roses", "Route 66", "Év'ra", "e\u0301tat", *many("abcde")]
    lines = [*given_entries, "", "Route 66", "   ", "  Route 66 ", "Éta"]
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n")
    words = data.load_words(path)
    assert all_of(words) == {"Saint-Brieuc", "L'Haÿ les Roses", "Route 66", "Év'ra", "état", "Éta", *many("abcde")}
    assert (words.empty, words.repeated, words.longest) == (2, 2, 15)
    assert "2 empty lines, 2 repetitions" in str(words)
    assert data.load_words(path, lower=True).vocabulary.number.keys() >= {"é", "r"}
    assert not any(symbol.isupper() for symbol in data.load_words(path, lower=True).vocabulary.symbols)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_column_of_a_table(delimiter):
    """With tabs, quotes, a byte-order mark and Windows line ends."""
    rows = [[""], ["no", "plåce", "kind"], ["1", '"The ""Old"" Mill"', "x"], ["2", f'"Left{delimiter} right"', ""],
            ["3"], ["4", '"two\r\nlines"', "y"], *([str(i), entry, "z"] for i, entry in enumerate(many("abcde")))]
    table = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    words = loaded(table, "list.tsv", column="plåce")
    assert all_of(words) == {'The "Old" Mill', f"Left{delimiter} right", "two lines", *many("abcde")}
    assert words.empty == 1
    assert loaded(table, "list.tsv", column=unicodedata.normalize("NFD", "plåce")).split == words.split
    name = "list.txt" if delimiter == "\t" else "list.csv"
    with pytest.raises(CourseError, match=rf"{name} is a table: say which column.*headings: 'no', 'plåce', 'kind'"):
        loaded(table, name)


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_a_list_in_any_alphabet(alphabet):
    made = many(alphabet)
    words = loaded("\n".join(made))
    boundary = words.vocabulary.symbols[0]
    assert all_of(words) == set(made)
    assert boundary not in alphabet and set(words.vocabulary.symbols[1:]) == set(alphabet)
    for entry in made:
        tokens = words.vocabulary.encode(entry)
        assert 0 not in tokens and words.vocabulary.decode(tokens) == entry
    with pytest.raises(CourseError, match="never saw"):
        words.vocabulary.encode(boundary)
    model = KneserNey(words.split.train, words.vocabulary, 3)
    loss = training.held_out_loss(model, data.Batches(words.split.test, words.vocabulary))
    assert 0 < loss < 3
    for entry in sampling.sample(model, words.vocabulary, 20, max_length=words.longest):
        assert set(entry) <= set(alphabet)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_text_of_the_files_alphabet_comes_back(drawn):
    alphabet = drawn.draw(st.text(min_size=4, max_size=40))
    made = [f"{one}{other}{n}" for n in range(300) for one, other in [(alphabet[n % len(alphabet)], "x")]]
    try:
        words = loaded("\n".join(made))
    except CourseError as error:  # such as a character 0
        assume("not a text file" not in str(error))
        raise
    symbols = words.vocabulary.symbols[1:]
    assert words.vocabulary.symbols[0] not in symbols
    text = drawn.draw(st.text(st.sampled_from(symbols), max_size=30))
    assert words.vocabulary.decode(words.vocabulary.encode(text)) == text
    inputs, targets = data.to_tensors([text, "x"], words.vocabulary)
    assert words.vocabulary.decode(inputs[0, 1:1 + len(text)]) == text and targets[0, len(text)] == 0


def test_the_boundary_is_a_sign_that_no_entry_has():
    for taken, sign in (("", "."), (".", "|"), (".|", "¶"), (".|¶", "\u2500"), (".|¶\u2500\u2501", "\u2502")):
        words = loaded("\n".join([*many("abcde"), taken + "a"]))
        assert words.vocabulary.symbols[0] == sign


class Always(nn.Module):
    """After n symbols the n-th token of a sequence for certain."""

    def __init__(self, tokens, size):
        super().__init__()
        self.tokens, self.size = tokens, size

    def forward(self, tokens):
        following = torch.tensor(self.tokens)[:tokens.shape[1]].expand(tokens.shape)
        return nn.functional.one_hot(following, self.size) * 100.0


def test_a_sample_with_dots_is_not_cut_at_them():
    words = loaded("\n".join([*many("abcde"), "a.b.c"]))
    tokens = [*words.vocabulary.encode("a.b.c"), 0]
    assert sampling.sample(Always(tokens, len(words.vocabulary)), words.vocabulary, 2) == ["a.b.c"] * 2


def test_two_hundred_entries_are_enough():
    assert len(all_of(loaded("\n".join(many("abcdef", 200)[:200])))) == 200
    with pytest.raises(CourseError, match="too few different entries: 199, in 199 lines"):
        loaded("\n".join(many("abcdef", 200)[:199]))


GOOD = "\n".join(many("abcde"))
BAD = {
    "empty": (b"", "too few different entries: 0, in 0 lines"),
    "one entry": (b"Reykjavik", "too few .* 1, in 1 lines"),
    "the same line again": (b"Reykjavik\n" * 1000, "too few .* 1, in 1,000 lines"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0", "not a text file"),
    "UTF-16": (GOOD.encode("utf-16"), "UTF-16. Save it as UTF-8"),
    "UTF-16 without mark": (GOOD.encode("utf-16-le"), "not a text file"),
    "Latin 1": ((GOOD + "\r\nbad\r\nCafé au lait").encode("latin-1"), "byte 0xe9 in line 302, after 'Caf', cannot be"),
    "cut in a letter": (GOOD.encode() + "\né".encode()[:-1], "byte 0xc3 in line 301"),
    "long entry": ((GOOD + "\n" + "a" * 101).encode(), "1 of its entries have more than 100 symbols, .* line 301"),
    "one long line": (GOOD.replace("\n", " ").encode() * 2, "too few"),
    "no line ends but commas": (GOOD.replace("\n", ",").encode(), "too few"),
    "Chinese": ("\n".join(map(chr, range(0x4E00, 0x5000))).encode(), r"512 different symbols, more than 300 \(such as"),
    "table": (GOOD.replace("\n", "\tx\n").encode(), "is a table: say which column"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_what_is_no_list_is_refused_in_one_sentence(content, said):
    with pytest.raises(CourseError, match=said) as refused:
        data.load_words("list.txt", content=content)
    assert "list.txt" in str(refused.value) and len(str(refused.value)) < 300 and "\n" not in str(refused.value)


@pytest.mark.parametrize(("column", "said"), [("wrod", r"no column 'wrod'. Its first line has 'word', 'kind'"),
                                              (1, "given by its heading, not as 1")])
def test_a_column_that_is_not_there(column, said):
    with pytest.raises(CourseError, match=said):
        data.load_words(ICELANDIC, column=column)


def test_a_table_with_a_quote_that_never_ends():
    with pytest.raises(CourseError, match=r"not a table .*quotation mark that is not closed"):
        loaded("word\n" + GOOD + '\n"' + (GOOD + "\n") * 3, column="word")


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(500_000_000)
    os.mkfifo(tmp_path / "pipe")
    for path, said in (("nowhere.txt", "no file nowhere.txt .looked for at .*/nowhere.txt"), (tmp_path, "is a folder"),
                       ("", "no path of a file"), ("large.txt", "large.txt has 500 MB, more than the 5 MB"),
                       ("pipe", "no file pipe"), ("a\0b", "no file a|cannot be read"),
                       ("x" * 5000, "cannot be read|no file"),
                       (None, "cannot be read"), ("~nobody-of-that-name/x", "cannot be read|no file")):
        with pytest.raises(CourseError, match=said):
            data.load_words(path)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "list.txt").write_text(GOOD)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CourseError, match=r"list\.txt' cannot be read: .*Permission denied"):
        data.load_words(tmp_path / "list.txt")


def test_a_dictionary_of_the_largest_size_is_read_in_seconds():
    words = loaded("\n".join(f"word{n}" for n in range(400_000)))
    assert len(all_of(words)) == 400_000 and len(words.vocabulary) == 15
    with pytest.raises(CourseError, match="more than the 5 MB"):
        loaded(b"a" * (entries.LARGEST + 1))
