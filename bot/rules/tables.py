"""Tables: lists of things, such as what is sold; one list feeds answers, questions and sums."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.rules.meaning import Names
from bot.rules.numbers import number_of, written_number
from bot.rules.source import Path, Source, Value
from bot.rules.text import Vocabulary, plain
from bot.rules.values import expected

ID, ALIAS = "id", "alias"
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ROW = "{id: kopi, nama: Kopi Gayo, harga: 50000}"

# A row as it is written: texts, and the words of its aliases.
Cells = Mapping[str, str | tuple[str, ...]]


class Row(Mapping[str, object]):
    """A row of a table. In a text it is written as its name: the first text column besides `id`.

    A row of which nothing is known is false.
    """

    __slots__ = ("_cells", "name")

    def __init__(self, cells: Mapping[str, object], name: str) -> None:
        self._cells = dict(cells)
        self.name = name

    def __getitem__(self, column: str) -> object:
        return self._cells[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __bool__(self) -> bool:
        return bool(self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Every row has every column; `absent` is a row of which nothing is known.

    `by_id` has the rows by their ids, small. `names` are the phrases that mean each row: its id,
    its aliases and its name; they mean the small id.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    absent: Row
    vocabulary: Vocabulary = field(repr=False, compare=False)
    by_id: Mapping[str, Row] = field(default_factory=dict, repr=False, compare=False)
    names: Names = field(default_factory=Names, repr=False, compare=False)

    def row(self, id_: str) -> Row | None:
        """Return the row with an id, in any capitals."""
        return self.by_id.get(id_.casefold())

    def find(self, text: str) -> Row | None:
        """Return the one row that a text means; None where it may mean several."""
        found = self.names.means(text, self.vocabulary)
        return self.by_id[found] if found else None


def compile_table(source: Source, name: str, value: Value, vocabulary: Vocabulary) -> Table | None:
    """Return a table; None when it has mistakes, which are noted at ("tables", name, …)."""
    mistakes = len(source.problems)
    table = _Compiler(source, ("tables", name), vocabulary).table(name, value)
    return table if len(source.problems) == mistakes else None


class _Compiler:
    """Compiles one table."""

    def __init__(self, source: Source, at: Path, vocabulary: Vocabulary) -> None:
        self._source, self._at, self._vocabulary = source, at, vocabulary

    def table(self, name: str, value: Value) -> Table:
        if not isinstance(value, list):
            text = str(expected(f"a list of rows, such as - {_ROW}", value))
            self._source.add(text + self._source.comment_hint(self._at), at=self._at)
            value = []
        written = {
            place: self._cells(row, at=(*self._at, place)) for place, row in enumerate(value)
        }
        columns = tuple(dict.fromkeys(column for cells in written.values() for column in cells))
        numbers = {column for column in columns if self._is_number(column, written)}
        named_by = next((column for column in columns if column not in {ID, ALIAS, *numbers}), ID)
        rows = [_row(cells, columns, numbers, named_by) for cells in written.values()]
        by_id: dict[str, Row] = {}
        names = Names()
        places: dict[str, int] = {}
        for place, row in enumerate(rows):
            id_ = str(row.get(ID, "")).casefold()
            if not id_:
                # What is no map at all is told already.
                if written[place] or value[place] == {}:
                    self._note_no_id(row, at=(*self._at, place))
            elif places.setdefault(id_, place) != place:
                text = f'the id "{row[ID]}" is used already, {self._place(places[id_])}'
                self._source.add(text, at=(*self._at, place, ID))
            else:
                by_id[id_] = row
                self._name(row, id_, names, places, place=place)
        absent = Row(dict.fromkeys(columns, ""), "")
        return Table(name, columns, tuple(rows), absent, self._vocabulary, by_id, names)

    def _cells(self, row: Value, *, at: Path) -> Cells:
        """Return the cells of a row as they are written."""
        if not isinstance(row, dict):
            self._source.add(str(expected(f"a row such as {_ROW}", row)), at=at)
            return {}
        cells: dict[str, str | tuple[str, ...]] = {}
        for column, cell in row.items():
            here = (*at, column)
            if column != column.lower() and column.lower() in (ID, ALIAS):
                text = f'write "{column.lower()}" in small letters'
                self._source.add(text, at=here, key=True)
            elif not _COLUMN.fullmatch(column):
                text = f'"{column}" cannot be a column: use letters, digits and _, such as harga'
                self._source.add(text, at=here, key=True)
            elif column == ALIAS:
                cells[ALIAS] = self._aliases(cell, at=here)
            elif isinstance(cell, str):
                cells[column] = cell.strip()
            else:
                self._source.add(str(expected("a text or a number", cell)), at=here)
        return cells

    def _aliases(self, cell: Value, *, at: Path) -> tuple[str, ...]:
        words: list[str] = []
        for place, word in enumerate(cell.split(",") if isinstance(cell, str) else cell):
            if isinstance(word, str) and plain(word):
                words.append(word.strip())
            elif cell != "":
                self._source.add(
                    str(expected("words such as [kopi, produk a]", word)), at=(*at, place)
                )
        return tuple(words)

    def _is_number(self, column: str, rows: Mapping[int, Cells]) -> bool:
        """Return whether a column is one of numbers; then every row must say something in it."""
        cells = {place: row.get(column) for place, row in rows.items() if row}
        filled = [cell for cell in cells.values() if cell]
        if column in (ID, ALIAS) or not filled:
            return False
        if not all(isinstance(cell, str) and number_of(cell) is not None for cell in filled):
            return False
        for place, cell in cells.items():
            if cell is None:
                text = f'"{column}" is missing, a number in other rows; write 0, or "" for none'
                self._source.add(text, at=(*self._at, place))
        return True

    def _name(
        self, row: Row, id_: str, names: Names, places: Mapping[str, int], *, place: int
    ) -> None:
        """Note what means a row; nothing may mean two of them."""
        aliases = row.get(ALIAS)
        texts: dict[str, Path] = {str(row[ID]): (ID,), row.name: ()}
        for number, alias in enumerate(aliases if isinstance(aliases, tuple) else ()):
            texts.setdefault(alias, (ALIAS, number))
        for text, inside in texts.items():
            here = (*self._at, place, *inside)
            words = self._vocabulary.phrase(text)
            known = names.add(words, id_) if words else id_
            if not words:
                problem = f'"{text}" holds no letter and no digit, so no message can mean it'
                self._source.add(problem, at=here)
            elif known != id_:
                problem = f'"{text}" already means another row, {self._place(places[known])}'
                self._source.add(problem, at=here)

    def _note_no_id(self, row: Row, *, at: Path) -> None:
        words = plain(row.name).split()
        text = f"a row needs a short name of its own: id: {'-'.join(words[:2]) or 'kopi'}"
        self._source.add(text, at=at)

    def _place(self, place: int) -> str:
        return self._source.place_of((*self._at, place))


def _row(
    cells: Cells,
    columns: Sequence[str],
    numbers: set[str],
    named_by: str,
) -> Row:
    found: dict[str, object] = {}
    for column in columns:
        cell = cells.get(column, "")
        number = written_number(cell) if column in numbers and isinstance(cell, str) else None
        found[column] = cell if number is None else number
    return Row(found, str(found.get(named_by) or found.get(ID, "")))
