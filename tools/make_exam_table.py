"""Write the table of shipped exams in docs/exams.md, from the exams themselves.

    python tools/make_exam_table.py

The table stands between two comments of the document; the rest of it is left as it is.
"""

from pathlib import Path

from ctdose.api import PreparedExam, prepare
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.library import exam_names, exam_publication

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "exams.md"
BEGIN, END = "<!-- table: tools/make_exam_table.py -->", "<!-- end of table -->"
HEADINGS = (
    "exam",
    "title",
    "phantom",
    "acquisition",
    "mode",
    "kV",
    "CTDI_vol, mGy",
    "DLP, mGy·cm",
    "figures from",
)


def table(prepared: dict[str, PreparedExam]) -> str:
    """Give the table as Markdown: one line for each acquisition; DLP is that of both bodies, male first."""
    lines = [_row(HEADINGS), _row(["---"] * len(HEADINGS))]
    for name, ready in prepared.items():
        lines += [_row(cells) for cells in _acquisitions(name, ready)]
    return "\n".join(lines) + "\n"


def _acquisitions(name: str, ready: PreparedExam) -> list[list[str]]:
    rows = []
    for i, acquisition in enumerate(ready.exam.acquisitions):
        plans = [of_body[i] for of_body in ready.resolved.plans.values()]
        size = plans[0].ctdi_phantom_cm
        ctdi_w = ready.resolved.scanner.ctdi_w_mgy_per_100mas(
            plans[0].tube_voltage_kv, plans[0].bowtie, size, plans[0].collimation_mm
        )
        assert ctdi_w is not None
        indices = [dose_indices(plan, ctdi_w) for plan in plans]
        whole = [f"`{name}`", ready.exam.exam, str(ready.exam.phantom_label)] if i == 0 else ["", "", ""]
        scan = [
            f"{acquisition.name}: {acquisition.scan_range}",
            acquisition.mode,
            f"{acquisition.tube_voltage_kv:g}",
        ]
        dose = [
            f"{indices[0].ctdi_vol_mgy:.3g} ({size} cm)",
            ", ".join(f"{each.dlp_mgy_cm:.3g}" for each in indices),
        ]
        rows.append([*whole, *scan, *dose, exam_publication(name) if i == 0 else ""])
    return rows


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Write the table into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    written = table({name: prepare(name) for name in exam_names()})
    DOCUMENT.write_text(f"{before}{BEGIN}\n{written}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
