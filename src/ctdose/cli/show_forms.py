"""The forms in which `ctdose show` prints a result, and which of its options go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.results.result import Result

APART = {
    "--records": ("--json", "--csv", "--acquisitions", "--all", "--uncertainty", "--profile"),
    "--uncertainty": ("--json", "--acquisitions", "--profile"),
    "--profile": ("--json", "--acquisitions", "--all"),
    "--acquisitions": ("--json", "--all"),
}
"""What does not go with each option."""


def check_options(given: Mapping[str, bool]) -> None:
    """Check that the options of one command line go together.

    Parameters
    ----------
    given : dict of str to bool
        Every option that chooses a form, and whether it is given.

    Raises
    ------
    CtdoseError
        Two of them do not.
    """
    if given["--json"] and given["--csv"]:
        raise CtdoseError("--json (with --csv: two forms at once). Give one of them.")
    for own, others in APART.items():
        for other in others:
            if given[own] and given[other]:
                raise CtdoseError(f"{own} (with {other}, which does not go with it). Give one of them.")


def print_form(result: Result, given: Mapping[str, bool], organ: str | None) -> None:
    """Print a result in the form that the options choose.

    Parameters
    ----------
    result : Result
    given : dict of str to bool
        As in `check_options`.
    organ : str or None
        Of the profile along z.
    """
    from ctdose.cli.budget import print_profile, print_uncertainty
    from ctdose.cli.summary import print_acquisitions, print_result

    csv, everything = given["--csv"], given["--all"]
    if given["--uncertainty"]:
        print_uncertainty(result, csv=csv, everything=everything)
    elif organ is not None:
        print_profile(result, organ, csv=csv)
    elif given["--json"]:
        _print_json(result)
    elif csv:
        _print_csv(result, given["--acquisitions"], everything)
    elif given["--acquisitions"]:
        print_acquisitions(result)
    else:
        print_result(result, everything=everything)


def _print_json(result: Result) -> None:
    import json

    from ctdose.results.tables import as_json

    print(json.dumps(as_json(result), indent=2, ensure_ascii=False, allow_nan=False))


def _print_csv(result: Result, acquisitions: bool, everything: bool) -> None:
    from ctdose.cli.summary import table_rows
    from ctdose.results.tables import acquisition_rows, to_csv

    rows = acquisition_rows(result) if acquisitions else table_rows(result, everything)
    print(to_csv(rows).replace("\r\n", "\n"), end="")
