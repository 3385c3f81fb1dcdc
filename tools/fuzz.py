"""Count what becomes of wrong files of every kind, and write the figures into docs/robustness.md.

    python tools/fuzz.py                     # 10,000 files, some minutes; prints the table
    python tools/fuzz.py --write             # and writes it into the documentation
    python tools/fuzz.py --inputs 500 --kind exam --kind phantom

Whatever was at fault is kept in the folder that is named at the end. The files are those of
`pytest --long tests/test_fuzz.py`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fuzz_bases import fill  # noqa: E402
from fuzz_process import HDF5_KINDS, Figures, Reader  # noqa: E402
from fuzz_run import IN_CI, NAMES, fuzz  # noqa: E402

PAGE = ROOT / "docs" / "robustness.md"
BEGIN, END = "<!-- figures: python tools/fuzz.py --write -->", "<!-- end of figures -->"
COLUMNS = ("file", "inputs", "refused", "read", "faults of ctdose", "crashes of libhdf5", "hangs of libhdf5")


def row(name: str, figures: Figures, hdf5: bool) -> str:
    """A row of the table; a dash where there is no HDF5."""
    library = [figures.library_crashes, figures.library_hangs] if hdf5 else ["", ""]
    cells = [name, figures.inputs, figures.refused, figures.accepted, len(figures.faults), *library]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def total_of(found: dict[str, Figures]) -> Figures:
    """Sum over all kinds."""
    total = Figures()
    for figures in found.values():
        for name, value in vars(figures).items():
            setattr(total, name, getattr(total, name) + value)
    return total


def text_of(found: dict[str, Figures], revision: str, seconds: float) -> str:
    """The table, and on what it was made."""
    import h5py
    import hypothesis

    rows = [row(NAMES[kind], figures, kind in HDF5_KINDS) for kind, figures in found.items()]
    rows.append(row("all", total_of(found), True))
    about = (
        f"{dt.datetime.now(dt.UTC).date()}, revision {revision}, Python {platform.python_version()}, "
        f"HDF5 {h5py.version.hdf5_version}, h5py {h5py.__version__}, hypothesis {hypothesis.__version__}; "
        f"{seconds / 60:.0f} minutes."
    )
    head = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"
    return f"{head}\n" + "\n".join(rows) + f"\n\n{about}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="over all kinds")
    parser.add_argument("--kind", action="append", choices=list(IN_CI), help="only this one; may be repeated")
    parser.add_argument("--write", action="store_true", help="write the table into docs/robustness.md")
    wanted = parser.parse_args()
    kinds = wanted.kind or list(IN_CI)
    revision = subprocess.check_output(["git", "rev-parse", "--short=7", "HEAD"], cwd=ROOT, text=True).strip()
    folder, begin = Path(tempfile.mkdtemp(prefix="fuzz-")), time.monotonic()
    fill(folder / "files")
    found: dict[str, Figures] = {}
    with Reader(folder / "files", seconds=20.0) as reader:
        for kind in kinds:
            share = IN_CI[kind] / sum(IN_CI[each] for each in kinds)
            found[kind] = fuzz(kind, round(wanted.inputs * share), reader, stop=False)
            print(row(NAMES[kind], found[kind], True), file=sys.stderr, flush=True)
            for fault in found[kind].faults[:20]:
                print(fault[-2000:], file=sys.stderr)
    text = text_of(found, revision, time.monotonic() - begin)
    print(text)
    print(f"What was at fault lies in {folder}.", file=sys.stderr)
    if wanted.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
