"""`ctdose show` of what `ctdose compare` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ctdose.cli.compare_files import STUDY_FORMAT
from ctdose.cli.output_file import format_of
from ctdose.errors import CtdoseError


def is_study(path: Path) -> bool:
    """Whether a file is the result of a study."""
    return path.is_file() and format_of(path) == STUDY_FORMAT


def show_study(path: Path, *, csv: bool, others: Mapping[str, bool]) -> None:
    """Print the tables of a study again, or every dose at every criterion as CSV.

    Parameters
    ----------
    path : Path
    csv : bool
    others : dict of str to bool
        Options of `ctdose show` that belong to the result of a run alone, and whether they are given.

    Raises
    ------
    CtdoseError
        One of them is; or the file is damaged.
    """
    from ctdose.cli.study_table import print_study
    from ctdose.results.tables import to_csv
    from ctdose.study.study_file import load_study_result
    from ctdose.study.tables import DoseRow, dose_rows

    wrong = [name for name, given in others.items() if given]
    if wrong:
        raise CtdoseError(f"{wrong[0]} ({path} is a study, which has none). Leave it out, or give --csv.")
    result = load_study_result(path)
    if csv:
        print(to_csv(dose_rows(result), DoseRow).replace("\r\n", "\n"), end="")
    else:
        print_study(result)
