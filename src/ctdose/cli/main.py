"""The entry of the command `ctdose`; light, so that Ctrl-C while the rest is loaded is a line and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ctdose.cli.interrupt import CTRL_C, unveiled


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        Exit code: 0 done, 2 the user's input is wrong, 1 anything else (a stop by Ctrl-C included).
    """
    try:
        with unveiled():
            from ctdose.cli.app import run_command
    except KeyboardInterrupt:
        print(f"Stopped by {CTRL_C}.", file=sys.stderr)
        return 1
    return run_command(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
