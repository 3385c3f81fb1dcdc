"""Errors that a user can cause: each is one line that says what is wrong and what would be right."""


class CtdoseError(Exception):
    """A fault of input, file or data; the command line shows its message and exits with code 2."""


class MissingExtraError(CtdoseError):
    """An optional dependency is not installed.

    Parameters
    ----------
    feature : str
        What the user asked for.
    extra : str
        Name of the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f'{feature} needs an optional dependency. Install it with: pip install "ctdose[{extra}]"'
        )


def nearest(name: str, known: "list[str] | tuple[str, ...]", count: int = 3) -> str:
    """Format the known names nearest to a misspelt one, for the end of an error message.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : sequence of str
        What would have been right.
    count : int
        How many to offer.

    Returns
    -------
    str
        For example ``"Nearest: water, water_vapour."``, or a list of the first known names.
    """
    import difflib

    spellings = (name, name.lower())  # names are in lower case
    close = next(filter(None, (difflib.get_close_matches(s, known, count, 0.5) for s in spellings)), None)
    if close:
        return f"Nearest: {', '.join(close)}."
    shown = ", ".join(list(known)[:12])
    return f"Known: {shown}{', …' if len(known) > 12 else ''}."
