"""Colours of the report: chosen to be told apart by their lightness alone."""

from __future__ import annotations

import numpy as np

# 17 colours of matplotlib's "inferno" (S. van der Walt and N. Smith, CC0), a sixteenth of the scale apart: its
# lightness rises evenly, which colour-blind eyes and grey prints keep.
INFERNO = (
    "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 "
    "d04545 e35933 f1711f f98c0a fcaa0f f9c932 f2e865 fcffa4"
)
LEVELS = 256


def dose_colours() -> np.ndarray:
    """Colour of each of 256 even steps of the dose scale, uint8 [steps, 3]."""
    anchors = np.frombuffer(bytes.fromhex(INFERNO), np.uint8).reshape(-1, 3).astype(np.float64)
    at = np.linspace(0.0, len(anchors) - 1.0, LEVELS)
    channels = [np.interp(at, np.arange(len(anchors)), anchors[:, i]) for i in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def hex_text(colours: np.ndarray) -> str:
    """Colours as hexadecimal digits, six each: for the page's script."""
    return colours.tobytes().hex()
