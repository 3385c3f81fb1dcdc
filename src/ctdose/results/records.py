"""The RECORDS checklist of a result, to stand beside a publication."""

from __future__ import annotations

from ctdose.results.number_text import with_error
from ctdose.results.organ_table import organ_rows
from ctdose.results.records_facts import records_facts
from ctdose.results.records_items import escape, load_records, records_table
from ctdose.results.result import Result


def records_markdown(result: Result) -> str:
    """The checklist filled in for a result, as Markdown.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        The table of items, then the organ doses with both errors. What the author has to add is said. Of the exam's
        `subject` nothing is written.
    """
    source = load_records()[0]
    return (
        f"# RECORDS checklist: {escape(result.exam)}\n\n"
        f"Items of AAPM Task Group 268 ({source}). An item with \\* is worded as remembered; check it against "
        "the report. What the simulation cannot know (the question, the machine, validation of your scanner) is the "
        "author's to add.\n\n"
        f"{records_table(records_facts(result))}\n"
        f"{_organ_table(result)}"
    )


def _organ_table(result: Result) -> str:
    lines = [
        "| organ | absorbed dose, mGy | statistical % | systematic % | mass in range % |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in organ_rows(result):
        if row.absorbed_dose_mgy > 0.0:
            percent = [
                100.0 * e / row.absorbed_dose_mgy for e in (row.standard_error_mgy, row.systematic_error_mgy)
            ]
            dose = with_error(row.absorbed_dose_mgy, row.standard_error_mgy)
            lines.append(
                f"| {escape(row.organ)} | {dose} | {_percent(percent[0])} | {_percent(percent[1])} | "
                f"{100.0 * row.mass_in_range_fraction:.3g} |"
            )
    return "\n".join(lines) + "\n"


def _percent(value: float) -> str:
    return f"{value:.0f}" if value >= 10.0 else f"{value:.2g}"
