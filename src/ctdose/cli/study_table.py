"""A study on standard output: settings, effective dose at each criterion, organs at one."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from ctdose.cli.messages import show_lines
from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.study.result import StudyResult

SETTINGS = ("variant", "kV", "filter", "bowtie", "mA", "CTDI_vol (mGy)", "noise (HU)")
MOST_ORGANS = 15


def print_study(result: StudyResult) -> None:
    """Print a study: aligned on a terminal; in a pipe as tables separated by tabs, each below lines that begin with #.

    Parameters
    ----------
    result : StudyResult
    """
    from ctdose.study.tables import WORDS, noise_lines

    notes = noise_lines(result)
    _print_settings(result, notes)
    if not result.quantities:
        _head("No organ gets any dose in the base: there is nothing to compare.", [])
        return
    for criterion in result.criteria:
        _head(f"{_words(result.quantities[0])} {WORDS[criterion]}", notes if _of_image(criterion) else [])
        _print_quantity(result, result.quantities[0], criterion)
    criterion = result.compared_at
    base = result.members[0].name
    _head(
        f"Organ doses {WORDS[criterion]}, relative to {base} (whose dose is given)",
        notes if _of_image(criterion) else [],
    )
    _print_organs(result, criterion)


def _of_image(criterion: str) -> bool:
    from ctdose.study.result import IMAGE_CRITERIA

    return criterion in IMAGE_CRITERIA


def _head(title: str, notes: list[str]) -> None:
    mark = "" if sys.stdout.isatty() else "# "
    if not mark:
        print()
    show_lines([title, *notes], mark)


def _print_settings(result: StudyResult, notes: list[str]) -> None:
    _head(f"{result.title}: settings as stated", notes)
    detail = (f"contrast of {result.detail} (HU)", "CNR") if result.detail else ()
    rows = []
    for m in result.members:
        cells: tuple[str, ...] = (
            m.name,
            f"{m.tube_voltage_kv:g}",
            m.filter or "none",
            m.bowtie,
            f"{m.tube_current_ma:.4g}",
        )
        cells += (f"{m.ctdi_vol_mgy:.3g} ({m.ctdi_phantom_cm} cm)", _number(m.noise_hu))
        rows.append(
            (*cells, *((_number(m.contrast_hu), _number(m.contrast_to_noise)) if result.detail else ()))
        )
    print_table((*SETTINGS, *detail), rows, numbers=(1, 4, 5, 6, 7, 8))


def _print_quantity(result: StudyResult, quantity: str, criterion: str) -> None:
    unit = "mSv" if result.quantities[0] == quantity and "dose" in quantity else "mGy"
    headings = ("variant", "mA", f"dose ({unit})", "±", "ratio", "±", "± by calibration", "remark")
    rows = []
    for i, member in enumerate(result.members):
        at = member.at[criterion]
        if not math.isfinite(at.factor):
            rows.append((member.name, "", "", "", "", "", "", at.note))
            continue
        dose, error = result.dose_at(i, quantity, criterion)
        ratio, ratio_error = result.ratio(i, quantity, criterion)
        shared = ratio * result.calibration_error(i, criterion)
        cells = (f"{dose:.4g}", f"{error:.2g}", f"{ratio:.4f}", f"{ratio_error:.4f}", f"{shared:.4f}")
        rows.append((member.name, f"{at.tube_current_ma:.4g}", *cells, at.note))
    print_table(headings, rows, numbers=(1, 2, 3, 4, 5, 6))


def _print_organs(result: StudyResult, criterion: str) -> None:
    others = [i for i, m in enumerate(result.members) if i and math.isfinite(m.at[criterion].factor)]
    headings = ("organ", f"{result.members[0].name}", *(result.members[i].name for i in others))
    rows = []
    for name in result.quantities[:MOST_ORGANS]:
        dose, error = result.dose_at(0, name, criterion)
        cells = [_words(name), f"{dose:.3g} ± {error:.1g}"]
        for i in others:
            ratio, ratio_error = result.ratio(i, name, criterion)
            cells.append(f"{ratio:.3f} ± {ratio_error:.3f}")
        rows.append(tuple(cells))
    print_table(headings, rows, numbers=tuple(range(1, len(headings))))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""
