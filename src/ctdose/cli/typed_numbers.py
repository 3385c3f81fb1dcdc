"""Numbers as they are typed on the command line."""

from __future__ import annotations

from decimal import Decimal

from ctdose.errors import CtdoseError

MULTIPLES = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9}
MOST_HISTORIES = 10**12
MOST_THREADS = 1024
MOST_SEED = 2**63 - 1


def parse_histories(text: str) -> int:
    """Read a number of histories: 10000000, 10_000_000, 1e7 or 10M.

    Raises
    ------
    CtdoseError
        Not a whole number from 1 to 10^12.
    """
    return _whole("histories", text, 1, MOST_HISTORIES, "For example 10_000_000, 1e7 or 10M.")


def parse_threads(text: str) -> int:
    """Read a number of threads.

    Raises
    ------
    CtdoseError
        Not a whole number from 1 to 1024.
    """
    return _whole("threads", text, 1, MOST_THREADS, "Leave it out to use all processors.")


def parse_workers(text: str) -> int:
    """Read a number of worker processes.

    Raises
    ------
    CtdoseError
        Not a whole number from 1 to 1024.
    """
    return _whole("workers", text, 1, MOST_THREADS, "For example 4; each takes one processor.")


def parse_seed(text: str) -> int:
    """Read a seed of the random numbers.

    Raises
    ------
    CtdoseError
        Not a whole number from 0 to 2^63 - 1.
    """
    return _whole("seed", text, 0, MOST_SEED, "For example 1.")


def parse_number(name: str, text: str, lowest: float, highest: float, example: str) -> float:
    """Read a number.

    Parameters
    ----------
    name : str
        Of the option, for the message.
    text : str
    lowest, highest : float
        Its range, both ends included.
    example : str
        A sentence that says what would be right.

    Raises
    ------
    CtdoseError
        Not a number in the range.
    """
    return float(_within(name, text, lowest, highest, example))


def _whole(name: str, text: str, lowest: int, highest: int, example: str) -> int:
    value = _within(name, text, lowest, highest, example)
    if value != int(value):
        raise CtdoseError(f"{name}={text} (not a whole number). {example}")
    return int(value)


def _within(name: str, text: str, lowest: float, highest: float, example: str) -> Decimal:
    value = _decimal(text.strip())
    if value is None or not value.is_finite():
        raise CtdoseError(f"{name}={text} (not a number). {example}")
    if not Decimal(str(lowest)) <= value <= Decimal(str(highest)):
        raise CtdoseError(f"{name}={text} (outside {lowest:g} to {highest:.4g}). {example}")
    return value


def _decimal(text: str) -> Decimal | None:
    factor = MULTIPLES.get(text[-1:], 1)
    digits = text[:-1] if factor > 1 else text
    try:
        # Decimal itself is more liberal: it takes 1__0, and digits of other scripts.
        value = Decimal(digits.replace("_", "")) if _plain(digits) else None
        return value if value is None or factor == 1 else value * factor
    except ArithmeticError:  # no number, or one with an endless exponent
        return None


def _plain(digits: str) -> bool:
    spaced = digits.startswith("_") or digits.endswith("_") or "__" in digits
    return digits.isascii() and not spaced and not any(character.isspace() for character in digits)
