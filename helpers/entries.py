"""A list of the reader's own: the entries of a text file, one a line, or of a column of a table, and what is wrong with
the file. `data.load_words` makes a vocabulary and a split of them."""

import csv
import io
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from helpers import CourseError

LARGEST = 5_000_000  # bytes: a dictionary of 350,000 words fits
FEWEST = 200  # entries
LONGEST = 100  # symbols in an entry
MOST_SYMBOLS = 300
LINE_END = re.compile(r"\r\n|\n|\r")
SAVE = "Save it as UTF-8 (in Excel: Save As, CSV UTF-8; in Notepad: Save As, Encoding)."


class Entries(NamedTuple):
    """The different entries in the order of the file, the lines without one, and those that repeat an earlier one."""

    different: list
    empty: int
    repeated: int


def content_of(path):
    """The bytes of a file. CourseError if there is none, or if it is too large, or no file that can be read."""
    if path == "":
        raise CourseError("There is no path of a file.")
    try:
        path = Path(path).expanduser()
        if path.is_dir():
            raise CourseError(f"{path} is a folder: give the path of a file in it.")
        if not path.is_file():
            raise CourseError(f"There is no file {path} (looked for at {path.absolute()}).")
        check_size(path.stat().st_size, path.name)
        return path.read_bytes()
    except CourseError:  # which is a ValueError, too
        raise
    except (OSError, TypeError, ValueError, RuntimeError) as error:  # RuntimeError: a home folder that is unknown
        raise CourseError(f"{str(path)[:100]!r} cannot be read: {error}.") from error


def check_size(size, name):
    """CourseError for a file of more than LARGEST bytes."""
    if size > LARGEST:
        raise CourseError(f"{name} has {size / 1e6:,.0f} MB, more than the {LARGEST / 1e6:.0f} MB that a minute of "
                          "training can make use of: take a part of it.")


def find_entries(content, name, column=None, lower=False):
    """The Entries of a file, in Unicode's form NFC, without spaces around them, otherwise as they are spelled.

    content: the file's bytes, UTF-8 with or without a byte-order mark, with any system's line ends. name: of the file,
    for messages; a name in .csv or .tsv, or a tab in its first line, says that it is a table. column: the heading of
    the column to take, of a table with commas, semicolons or tabs; None or "" if it is none. lower: make them lower
    case.

    CourseError if it is no text, or no list that a model of letters can learn from; it says why, and in which line.
    """
    check_size(len(content), name)
    text = decoded(content, name)
    rows = plain_rows(text, name) if column in (None, "") else table_rows(text, name, column)
    first_line, empty, repeated = {}, 0, 0
    for line, entry in rows:
        entry = LINE_END.sub(" ", entry.strip())
        entry = unicodedata.normalize("NFC", entry.lower() if lower else entry)
        if not entry:
            empty += 1
        elif entry in first_line:
            repeated += 1
        else:
            first_line[entry] = line
    check_list(first_line, name, len(first_line) + empty + repeated)
    return Entries(list(first_line), empty, repeated)


def decoded(content, name):
    """The text in some bytes. CourseError if they are not UTF-8, with the first byte that cannot be."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CourseError(f"{name} is written in UTF-16. {SAVE}")
    if b"\0" in content:
        raise CourseError(f"{name} is not a text file: it has bytes that are 0.")
    try:
        return content.decode("utf-8").removeprefix("\N{BYTE ORDER MARK}")
    except UnicodeDecodeError as error:
        before = LINE_END.split(content[:error.start].decode("utf-8"))
        raise CourseError(f"{name} is not in UTF-8: byte {content[error.start]:#04x} in line {len(before)}, after "
                          f"{before[-1][-20:]!r}, cannot be read. {SAVE}") from error


def plain_rows(text, name):
    """Pairs (line, entry) of a text with one entry a line."""
    lines = LINE_END.split(text)
    first = next((line for line in lines if line.strip()), "")
    if "\t" in first.strip() or name.lower().endswith((".csv", ".tsv")):
        raise CourseError(f"{name} is a table: say which column holds the entries. Its first line is taken as their "
                          f"headings: {listed(headings(first))}.")
    if not lines[-1]:
        lines.pop()  # what ends in a line end has no last empty line
    return enumerate(lines, 1)


def headings(line, delimiter=None):
    """The cells of a table's first line that are not empty; without a delimiter, by the one that finds most."""
    cells = [next(csv.reader([line], delimiter=each), []) for each in (delimiter or ",;\t")]
    return [heading for heading in map(plain, max(cells, key=len)) if heading]


def plain(cell):
    return unicodedata.normalize("NFC", cell.strip())


def table_rows(text, name, column):
    """Pairs (line, cell) of a column of a table with headings."""
    if not isinstance(column, str):
        raise CourseError(f"A column is given by its heading, not as {column!r}.")
    first = next((line for line in LINE_END.split(text) if line.strip()), "")
    column = plain(column)
    delimiter = next((each for each in ",;\t" if column in headings(first, each)), None)
    if delimiter is None:
        raise CourseError(f"{name} has no column {column!r}. Its first line has {listed(headings(first))}.")
    reader, place = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), None
    try:
        for row in reader:
            if place is None:
                place = next((i for i, cell in enumerate(row) if plain(cell) == column), None)
            elif row:
                yield reader.line_num, row[place] if place < len(row) else ""
    except csv.Error as error:
        raise CourseError(f"{name} is not a table that can be read, at line {reader.line_num}: {error}. Is there a "
                          "quotation mark that is not closed?") from error


def check_list(first_line, name, rows):
    """CourseError unless some entries, {entry: its line}, found in so many rows, are a list to learn from."""
    if len(first_line) < FEWEST:
        raise CourseError(f"{name} has too few different entries: {len(first_line)}, in {rows:,} lines. There must be "
                          f"{FEWEST}, each in a line of its own; commas do not separate them.")
    long = [entry for entry in first_line if len(entry) > LONGEST]
    if long:
        raise CourseError(f"{name}: {len(long):,} of its entries have more than {LONGEST} symbols, the first in line "
                          f"{first_line[long[0]]} ({long[0][:30]!r}...). Shorten them or take them out.")
    symbols = sorted(set().union(*first_line))
    if len(symbols) > MOST_SYMBOLS:
        some = symbols[-1:] + symbols[len(symbols) // 2:][:2]
        raise CourseError(f"{name} has {len(symbols):,} different symbols, more than {MOST_SYMBOLS} (such as "
                          f"{listed(some)}): a model that writes letter by letter does not suit it.")


def listed(items):
    """Some items in quotation marks, the first ten."""
    return ", ".join(repr(item) for item in items[:10]) + (", ..." if len(items) > 10 else "")


def legible(symbol):
    """How to write a single symbol of any alphabet so that it is seen: a space as an open box, a mark on a dotted
    circle, what has no shape of its own by its number in Unicode, such as U+200D."""
    kind = unicodedata.category(symbol)
    if kind == "Zs":
        return "\N{OPEN BOX}"
    if kind.startswith("M"):
        return f"\N{DOTTED CIRCLE}{symbol}"
    return f"U+{ord(symbol):04X}" if kind[0] in "CZ" else symbol


def summary(symbols):
    """Some symbols for a message: the first and the last of a known alphabet, else up to 40 of them."""
    if "".join(symbols) in "abcdefghijklmnopqrstuvwxyz" or max(map(len, symbols)) > 1:
        return f"{symbols[0]} to {symbols[-1]}"
    return " ".join(map(legible, symbols[:40])) + (" ..." if len(symbols) > 40 else "")
