"""Lines of a ledger file, read by byte range: any cutting of a file gives every line exactly once.

A ledger has millions of lines and is read by many workers, each with a byte range ``[start, end)``. The rule
that makes the ranges independent of each other: *a range owns every line whose first byte lies inside it*,
and reads on behind its end to finish the last one. A range wholly inside one long line owns nothing.

Memory is constant whatever a line's length: of a line that is longer than the limit only its place is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

MAX_LINE_BYTES = 64 * 1024
"""Longest accepted line without its end of line. A row of the register has about 400 bytes; JSON with every
character escaped and columns that we ignore stays far below."""

_BOM = b"\xef\xbb\xbf"
_TAIL_BYTES = 64 * 1024

ReadRange = Callable[[int, int], Iterable[bytes]]
"""``read(first, stop)``: the bytes ``[first, stop)`` of the object as blocks of any size, in order."""


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line that is not blank."""

    offset: int
    """Place of the line's first byte in the file; the byte-order mark counts as part of the first line."""
    number: int
    """Which of the lines that begin in the range this is, from 1, blank ones counted: the lines that begin in
    all earlier ranges, added to it, give the line number in the file."""
    data: bytes | None
    """The line without end of line and byte-order mark; None where it is longer than the limit."""


class RangeLines:
    """The lines of one range; iterate once.

    After the iteration `begun` is the number of lines that begin in the range, blank ones included. A caller
    that stops before the line `x` has dealt with ``[start, x.offset)``, in which ``x.number - 1`` lines
    begin, and hands ``[x.offset, end)`` on.
    """

    def __init__(self, read: ReadRange, start: int, end: int, size: int, limit: int) -> None:
        self._read, self._start, self._end, self._size, self._limit = read, start, end, size, limit
        self.begun = 0

    def __iter__(self) -> Iterator[RawLine]:
        if self._start >= self._end:
            return
        line = _Line(self._limit)
        # Whether `start` is the first byte of a line only the byte before it can tell.
        at = max(self._start - 1, 0)
        skipping = self._start > 0
        if not skipping:
            self.begun = 1
            line.begin(0, 1)
        for block in self._blocks(at):
            pos = 0
            while (found := block.find(b"\n", pos)) >= 0:
                if not skipping:
                    line.add(block, pos, found)
                    if (done := line.finish()) is not None:
                        yield done
                pos = found + 1
                if at + pos >= self._end:
                    return
                skipping = False
                self.begun += 1
                line.begin(at + pos, self.begun)
            if not skipping:
                line.add(block, pos, len(block))
            at += len(block)
            if at >= self._end and (skipping or line.lost):
                break
        if not skipping and (done := line.finish()) is not None:
            yield done

    def _blocks(self, first: int) -> Iterator[bytes]:
        """Blocks from `first` to the end of the range, then in small steps as long as they are asked for."""
        stop = self._end
        while first < stop:
            yield from self._read(first, stop)
            first, stop = stop, min(stop + _TAIL_BYTES, self._size)


class _Line:
    """The line being read: its bytes up to the limit, and whether anything but white space was seen."""

    __slots__ = ("_blank", "_cap", "_limit", "_mark", "_number", "_offset", "_parts", "_room")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # One carriage return at the end and the byte-order mark are not counted as part of the line.
        self._cap = limit + 1 + len(_BOM)

    def begin(self, offset: int, number: int) -> None:
        self._offset, self._number = offset, number
        self._parts: list[bytes] = []
        self._room = self._cap
        self._blank = True
        self._mark = b"" if offset else _BOM

    @property
    def lost(self) -> bool:
        """Too long, and known not to be blank: what follows of the line cannot change the outcome."""
        return self._room < 0 and not self._blank

    def add(self, block: bytes, first: int, stop: int) -> None:
        if first == stop or self.lost:
            return
        piece = block[first:stop]
        if self._blank:
            self._blank = not self._without_mark(piece).strip(b" \t\r\v\f")
        if self._room >= 0:
            self._room -= len(piece)
            if self._room >= 0:
                self._parts.append(piece)
            else:
                self._parts.clear()

    def _without_mark(self, piece: bytes) -> bytes:
        """`piece` without the part of the byte-order mark that it may bring: at the file's start only."""
        size = min(len(self._mark), len(piece))
        if piece[:size] != self._mark[:size]:
            size = 0
        self._mark = self._mark[size:] if size else b""
        return piece[size:]

    def finish(self) -> RawLine | None:
        """The line, or None where it is blank."""
        if self._blank and self._mark in (b"", _BOM):
            return None
        if self._room < 0:
            return RawLine(self._offset, self._number, None)
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if self._offset == 0:
            data = data.removeprefix(_BOM)
        data = data.removesuffix(b"\r")
        return RawLine(self._offset, self._number, data if len(data) <= self._limit else None)


def lines_of_range(
    read: ReadRange, start: int, end: int, size: int, *, limit: int = MAX_LINE_BYTES
) -> RangeLines:
    """The lines that begin in ``[start, end)`` of an object of `size` bytes, in order, blank ones left out.

    Lines end with LF or CR LF; the last one may lack it. `read` is never asked for bytes outside of
    ``[0, size)``; it is asked for the range (with the byte before it) first and then for 64 KiB at a time.
    Raises ValueError for a range outside of the object.
    """
    if not 0 <= start <= end <= size:
        raise ValueError(f"no range [{start}, {end}) in {size} bytes")
    return RangeLines(read, start, end, size, limit)


def cut(size: int, target: int) -> list[tuple[int, int]]:
    """Cut `size` bytes into ranges ``(start, end)`` of nearly equal length, at most `target` (> 0)."""
    if target <= 0:
        raise ValueError("target must be positive")
    count = -(-size // target)
    edges = [size * i // count for i in range(count + 1)] if count else [0]
    return list(pairwise(edges))
