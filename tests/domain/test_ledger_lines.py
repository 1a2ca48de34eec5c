"""Splitting a ledger file into lines by byte range: every line once, whatever the cuts and the blocks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.ledger_lines import MAX_LINE_BYTES, RangeLines, RawLine, ReadRange, cut, lines_of_range

LIMIT = 12


def reader(data: bytes, block: int = 7) -> ReadRange:
    """Reads like an object store does, and fails where it would: outside of the object."""

    def read(first: int, stop: int) -> Iterator[bytes]:
        assert 0 <= first < stop <= len(data), "never asked for what is not there"
        for at in range(first, stop, block):
            yield data[at : min(at + block, stop)]

    return read


def whole(data: bytes, limit: int = LIMIT) -> list[RawLine]:
    """The plain definition, for files that fit into memory."""
    lines, offset = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        body = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        content = body.removesuffix(b"\r")
        if body.strip():
            lines.append(RawLine(offset, number, content if len(content) <= limit else None))
        offset += len(line) + 1
    return lines


def in_ranges(data: bytes, ranges: list[tuple[int, int]], block: int, limit: int = LIMIT) -> list[RawLine]:
    found, before = [], 0
    for start, end in ranges:
        lines = lines_of_range(reader(data, block), start, end, len(data), limit=limit)
        found += [RawLine(line.offset, line.number + before, line.data) for line in lines]
        before += lines.begun
    return found


BLANKS = [b"\n", b"\r\n", b"\n\n", b"\r", b" ", b"\t ", b"\xef\xbb\xbf"]
PIECES = st.sampled_from([*BLANKS, b"{}", b"a", "黑".encode(), b"x" * LIMIT, b"y" * 31])


@given(
    pieces=st.lists(PIECES, max_size=25),
    bom=st.booleans(),
    block=st.integers(1, 40),
    edges=st.lists(st.integers(0, 400), max_size=8),
)
@settings(max_examples=400, deadline=None)
def test_any_cutting_gives_the_same_lines_once(
    pieces: list[bytes], bom: bool, block: int, edges: list[int]
) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + b"".join(pieces)
    places = sorted({0, len(data), *(min(edge, len(data)) for edge in edges)})
    ranges = list(pairwise(places))
    assert in_ranges(data, ranges, block) == whole(data)


@given(data=st.binary(max_size=60), target=st.integers(1, 20))
@settings(max_examples=200, deadline=None)
def test_any_bytes_in_even_cuts(data: bytes, target: int) -> None:
    assert in_ranges(data, cut(len(data), target), 5) == whole(data)


@given(pieces=st.lists(PIECES, max_size=20), stop_at=st.integers(0, 10))
@settings(max_examples=100, deadline=None)
def test_handing_on_the_rest_of_a_range_loses_nothing(pieces: list[bytes], stop_at: int) -> None:
    data = b"".join(pieces)
    done: list[RawLine] = []
    rest = 0
    before = 0
    for index, line in enumerate(lines_of_range(reader(data), 0, len(data), len(data), limit=LIMIT)):
        if index == stop_at:
            rest, before = line.offset, line.number - 1
            break
        done.append(line)
    else:
        rest = len(data)
    others = lines_of_range(reader(data), rest, len(data), len(data), limit=LIMIT)
    done += [RawLine(line.offset, line.number + before, line.data) for line in others]
    assert done == whole(data)


def test_offsets_numbers_and_content() -> None:
    data = '\ufeff{"a":"黑A"}\r\n\n  \n{}\nlast'.encode()
    assert list(lines_of_range(reader(data), 0, len(data), len(data), limit=50)) == [
        RawLine(0, 1, '{"a":"黑A"}'.encode()),
        RawLine(21, 4, b"{}"),
        RawLine(24, 5, b"last"),
    ]


def test_the_line_belongs_to_the_range_of_its_first_byte() -> None:
    data = b"aa\nbb\ncc\n"

    def of(start: int, end: int) -> list[bytes | None]:
        return [line.data for line in lines_of_range(reader(data), start, end, len(data))]

    assert of(0, 3) == [b"aa"]
    assert of(0, 4) == [b"aa", b"bb"]
    assert of(1, 3) == []
    assert of(3, 4) == [b"bb"]
    assert of(4, 9) == [b"cc"]
    assert of(3, 3) == of(9, 9) == []


def test_empty_file() -> None:
    lines = lines_of_range(reader(b""), 0, 0, 0)
    assert list(lines) == []
    assert lines.begun == 0
    assert cut(0, 100) == []


@pytest.mark.parametrize("extra, kept", [(b"", True), (b"\r", True), (b"z", False), (b"z\r", False)])
def test_the_limit_counts_content_only(extra: bytes, kept: bool) -> None:
    for head in (b"\xef\xbb\xbf", b""):
        data = head + b"x" * LIMIT + extra + b"\n"
        (line,) = lines_of_range(reader(data), 0, len(data), len(data), limit=LIMIT)
        assert (line.data is not None) is kept


def huge(first: int, stop: int, body: int) -> Iterator[bytes]:
    """A file ``{}\\n`` + `body` bytes of one line + ``\\n{}\\n``, made as it is read."""
    head, tail = b"{}\n", b"\n{}\n"
    at = first
    while at < stop:
        if at < len(head):
            block = head[at:stop]
        elif at < len(head) + body:
            block = b"x" * min(65536, stop - at, len(head) + body - at)
        else:
            block = tail[at - len(head) - body : stop - len(head) - body]
        at += len(block)
        yield block


def huge_lines(body: int, start: int, end: int, seen: list[tuple[int, int]]) -> RangeLines:
    def read(first: int, stop: int) -> Iterator[bytes]:
        seen.append((first, stop))
        return huge(first, stop, body)

    return lines_of_range(read, start, end, body + 7)


def test_a_10_mb_line_is_told_by_its_place_and_not_held() -> None:
    body = 10_000_000
    size = body + 7
    tracemalloc.start()
    lines = list(huge_lines(body, 0, size, []))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines == [RawLine(0, 1, b"{}"), RawLine(3, 2, None), RawLine(body + 4, 3, b"{}")]
    assert peak < 1_000_000


def test_ranges_inside_of_a_long_line_read_no_further_than_they_must() -> None:
    body = 10_000_000
    seen: list[tuple[int, int]] = []
    lines = huge_lines(body, 4_000_000, 5_000_000, seen)
    assert list(lines) == []
    assert lines.begun == 0
    assert seen == [(3_999_999, 5_000_000)]
    seen.clear()
    assert list(huge_lines(body, 0, 1000, seen)) == [RawLine(0, 1, b"{}"), RawLine(3, 2, None)]
    assert max(stop for _, stop in seen) < 1000 + 3 * 65536


def test_default_limit_is_64_kib() -> None:
    for length, kept in ((MAX_LINE_BYTES, True), (MAX_LINE_BYTES + 1, False)):
        data = b"x" * length
        (line,) = lines_of_range(reader(data, 8192), 0, len(data), len(data))
        assert (line.data is not None) is kept
    assert MAX_LINE_BYTES == 65536


@given(size=st.integers(0, 10**9), target=st.integers(1, 10**7))
@settings(max_examples=100, deadline=None)
def test_cut_covers_without_gap_or_overlap(size: int, target: int) -> None:
    target = max(target, size // 1000 + 1)
    ranges = cut(size, target)
    assert [start for start, _ in ranges] == [0, *(end for _, end in ranges)][: len(ranges)]
    assert (ranges[-1][1] if ranges else 0) == size
    lengths = {end - start for start, end in ranges}
    assert all(0 < length <= target for length in lengths)
    assert not lengths or max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("start, end, size", [(-1, 2, 5), (3, 2, 5), (0, 6, 5)])
def test_ranges_outside_of_the_file(start: int, end: int, size: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        lines_of_range(reader(b"x" * 5), start, end, size)


def test_cut_needs_a_positive_target() -> None:
    with pytest.raises(ValueError, match="positive"):
        cut(10, 0)


def test_a_blank_line_of_any_length_is_no_row() -> None:
    data = b" " * 100 + b"\n" + b" " * 100 + b"{}\n"
    assert list(lines_of_range(reader(data), 0, len(data), len(data), limit=LIMIT)) == [RawLine(101, 2, None)]


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", b"\xef\xbb\xbf\n{}\n"])
def test_a_file_that_begins_with_a_byte_order_mark_and_nothing_else_on_the_line(data: bytes) -> None:
    assert in_ranges(data, [(0, len(data))], 7) == whole(data)
