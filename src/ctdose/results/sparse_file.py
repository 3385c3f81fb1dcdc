"""A file in memory that takes no more of it than was written: arrays are put into its gaps when it goes to the disk."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

PAGE_BYTES = 1 << 16


class SparseFile(io.RawIOBase):
    """What h5py writes a file into; a gap reads as zeros.

    h5py calls it while it holds a lock. So nothing in here may wait for another thread, and nothing may be raised in
    here: it is used in a thread of its own, for a signal is handled in the main one.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self._place = self.size = 0

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readable(self) -> bool:
        """Yes."""
        return True

    def writable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next byte is read or written."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; its number."""
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        self._place = begin + offset
        return self._place

    def truncate(self, size: int | None = None) -> int:
        """Set the size; beyond what was written there is a gap."""
        self.size = self._place if size is None else size
        return self.size

    def write(self, data: ReadableBuffer) -> int:
        """Write at the place."""
        with memoryview(data) as view, view.cast("B") as source:
            done = 0
            for page, start, stop in _cuts(self._place, source.nbytes):
                kept = self._pages.setdefault(page, bytearray(PAGE_BYTES))
                kept[start:stop] = source[done : done + stop - start]
                done += stop - start
        self._place += done
        self.size = max(self.size, self._place)
        return done

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read from the place on; how many bytes there were."""
        with memoryview(buffer) as view, view.cast("B") as target:
            done = 0
            for part in self.between(self._place, min(self._place + target.nbytes, self.size)):
                target[done : done + len(part)] = part
                done += len(part)
        self._place += done
        return done

    def between(self, start: int, stop: int) -> Iterator[memoryview]:
        """What stands from one place to another."""
        for page, first, last in _cuts(start, stop - start):
            yield memoryview(self._pages.get(page, bytes(PAGE_BYTES)))[first:last]

    def pieces(self, filled: Mapping[int, tuple[int, Iterator[memoryview]]]) -> Iterator[memoryview]:
        """The whole file, in order.

        Parameters
        ----------
        filled : mapping of int to (int, iterator of memoryview)
            What stands in gaps: by the place where one begins, how many bytes and what.

        Raises
        ------
        ValueError
            If there are more or fewer bytes than were said.
        """
        place = 0
        for start in sorted(filled):
            yield from self.between(place, start)
            length, parts = filled[start]
            place = start
            for part in parts:
                place += part.nbytes
                yield part
            if place != start + length:
                raise ValueError(f"{place - start} bytes in a gap of {length} (a fault of ctdose).")
        yield from self.between(place, self.size)


def _cuts(place: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Page, first byte in it and the one after the last, of each page that a range of bytes touches."""
    end = place + length
    while place < end:
        page, start = divmod(place, PAGE_BYTES)
        stop = min(PAGE_BYTES, start + end - place)
        yield page, start, stop
        place += stop - start
