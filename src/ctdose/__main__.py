"""`python -m ctdose`: the command line."""

import sys

from ctdose.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
