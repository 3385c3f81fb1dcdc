"""Alias tables: discrete distributions that are drawn from in constant time, in whole numbers."""

import numpy as np
from numpy.typing import NDArray

WHOLE = 2.0**32


def build_alias(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Build alias tables along the last axis (A. J. Walker, ACM Trans. Math. Softw. 3, 253 (1977)).

    In each of n steps the poorest column that is left is filled up from the richest.

    Parameters
    ----------
    weights : float64 ndarray [..., n]
        Relative probabilities, at least one of each row positive; those of 0 are never drawn.

    Returns
    -------
    uint32 ndarray [..., n, 2]
        Threshold in units of 2^-32, and alias.
    """
    flat = np.atleast_2d(weights).reshape(-1, weights.shape[-1]).astype(np.float64)
    rows, n = flat.shape
    rest = flat / flat.sum(axis=1, keepdims=True) * n
    table = np.zeros((rows, n, 2), np.uint32)
    waiting = np.ones((rows, n), bool)
    every = np.arange(rows)
    for _ in range(n):
        poor = np.where(waiting, rest, np.inf).argmin(axis=1)
        rich = np.where(waiting, rest, -np.inf).argmax(axis=1)
        share = np.minimum(rest[every, poor], 1.0)
        table[every, poor, 0] = np.minimum(np.floor(share * WHOLE), WHOLE - 1.0).astype(np.uint32)
        table[every, poor, 1] = rich
        rest[every, rich] -= 1.0 - share
        waiting[every, poor] = False
    return table.reshape(*weights.shape, 2)
