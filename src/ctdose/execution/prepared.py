"""An exam with its scanner and bodies loaded and its plans made: checked, and ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctdose.exam.library import load_exam
from ctdose.exam.model import Exam
from ctdose.exam.resolved import ResolvedExam, resolve, with_options
from ctdose.scanner.library import load_scanner
from ctdose.scanner.model import Scanner

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom


@dataclass(frozen=True)
class PreparedExam:
    """An exam with its bodies loaded and its plans made, ready to run.

    Attributes
    ----------
    exam : Exam
    phantoms : tuple of VoxelPhantom
        On the scanner's table, if the exam wants it.
    resolved : ResolvedExam
    """

    exam: Exam
    phantoms: tuple[VoxelPhantom, ...]
    resolved: ResolvedExam

    def with_simulation(self, **changes: Any) -> PreparedExam:
        """Copy with other simulation options; None leaves a key as it is (`Exam.with_simulation`)."""
        if all(value is None for value in changes.values()):
            return self
        exam = self.exam.with_simulation(**changes)
        return replace(self, exam=exam, resolved=with_options(self.resolved, exam))


def prepare(
    exam: Exam | str | Path,
    *,
    bodies: Sequence[VoxelPhantom] | None = None,
    scanner: Scanner | None = None,
) -> PreparedExam:
    """Load the scanner and the bodies of an exam and check that all fits; nothing is simulated.

    Parameters
    ----------
    exam : Exam, name or path
    bodies : sequence of VoxelPhantom, optional
        Those of the exam's phantom, without a table, where they are loaded already.
    scanner : Scanner, optional
        Instead of the one that the exam names.

    Returns
    -------
    PreparedExam

    Raises
    ------
    CtdoseError
        Every fault of the exam, one line each.
    """
    from ctdose.phantoms.library import load_bodies

    checked = load_exam(exam) if isinstance(exam, (str, Path)) else exam
    machine = scanner or load_scanner(checked.scanner, checked.folder)
    if bodies is None:
        bodies = load_bodies(checked.phantom_source, checked.simulation.voxel_mm, folder=checked.folder)
    phantoms = tuple(bodies)
    resolved = resolve(checked, machine, phantoms)  # of the bodies alone: a table moves no isocentre
    return PreparedExam(checked, on_table(checked, machine, phantoms), resolved)


def on_table(exam: Exam, scanner: Scanner, phantoms: Sequence[VoxelPhantom]) -> tuple[VoxelPhantom, ...]:
    """Put the scanner's table under each body, if the exam wants it."""
    if not exam.table or scanner.table is None:
        return tuple(phantoms)
    from ctdose.phantoms.couch import add_couch

    shape = scanner.table.shape()
    return tuple(add_couch(phantom, shape) for phantom in phantoms)
