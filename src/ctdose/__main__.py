"""`python -m ctdose`: the command line."""

from ctdose.cli.main import main

if __name__ == "__main__":
    main()
