"""Build the documentation site into docs/_build/html; a warning is an error.

    python tools/build_docs.py                 the tutorials are run (minutes)
    python tools/build_docs.py --no-execute    their code is shown, not run (seconds)

Needs `pip install -e ".[docs,plot]"`.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def build(output: Path, *, execute: bool) -> int:
    """Run Sphinx and give its exit code; everything it writes lies under `output`."""
    environment = dict(os.environ, CTDOSE_DOCS_EXECUTE="force" if execute else "off")
    environment.pop("MPLBACKEND", None)  # a notebook chooses its own, which shows figures below the cell
    # Tutorials call `ctdose` as a reader does: that of this interpreter, active environment or not.
    environment["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), environment.get("PATH", "")])
    doctrees = output.parent / "doctrees"
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html", "-d", str(doctrees)]
    return subprocess.run([*command, str(DOCS), str(output)], env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    parser.add_argument("--no-execute", action="store_true", help="do not run the tutorials")
    parser.add_argument("-o", "--output", type=Path, default=DOCS / "_build" / "html", metavar="FOLDER")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    code = build(output, execute=not arguments.no_execute)
    if code == 0:
        print(f"Open {output / 'index.html'}.")
    return code


if __name__ == "__main__":
    sys.exit(main())
