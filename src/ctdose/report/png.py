"""Pictures as PNG, for data URLs: without an optional dependency."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2}
"""Channels and their colour type: grey, true colour (PNG specification, 3rd edition, 11.2.1)."""


def png_bytes(picture: np.ndarray) -> bytes:
    """A picture as PNG.

    Parameters
    ----------
    picture : uint8 ndarray, [rows, columns] or [rows, columns, 3]
        Grey, or red, green and blue; the first row is the upper one.
    """
    rows, columns = picture.shape[:2]
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    lines = np.zeros((rows, 1 + columns * channels), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = picture.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, COLOUR_TYPES[channels], 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 9)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def png_url(picture: np.ndarray) -> str:
    """A picture as a data URL; see `png_bytes`."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
