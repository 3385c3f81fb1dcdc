"""One body of an exam: its job, and what its result is made with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from ctdose.calibration.calibrate import Calibration
from ctdose.dosimetry.body_rows import BodyRows, build_body_rows
from ctdose.dosimetry.precision import target_regions, target_rows
from ctdose.dosimetry.small_organs import small_organs
from ctdose.exam.phantom_checks import body_name
from ctdose.execution.calibrated import EmittedBeams
from ctdose.execution.identity import exam_identity
from ctdose.execution.prepared import PreparedExam
from ctdose.kernels.tables import Tables
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.assemble import assemble_body, exam_scale, irradiated_mm
from ctdose.results.assemble_systematic import acquisition_inputs
from ctdose.results.result import BodyResult
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.job import Job, tables_sha256
from ctdose.simulation.runner import batches_for
from ctdose.simulation.seed import random_key
from ctdose.simulation.sums import Sums
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.view_bins import CutViews, cut_views


@dataclass(frozen=True)
class BodySetup:
    """What is to run on one body, and what turns its sums into doses.

    Attributes
    ----------
    ready : PreparedExam
    phantom : VoxelPhantom
    rows : BodyRows
    planned : tuple of PlannedBeam
    calibrations : tuple of Calibration
        Of the planned beams.
    cut : CutViews
    concerned : dict of str to int
        Rows of the organs that a target concerns, by name; empty without a target.
    dose_map : bool
        Keep dose maps.
    """

    ready: PreparedExam
    phantom: VoxelPhantom
    rows: BodyRows
    planned: tuple[PlannedBeam, ...]
    calibrations: tuple[Calibration, ...]
    cut: CutViews
    concerned: dict[str, int]
    dose_map: bool

    @property
    def name(self) -> str:
        """Of the body."""
        return body_name(self.phantom)

    @cached_property
    def job(self) -> Job:
        """Its tables, built when they are first asked for: a second for a whole body."""
        return _job(self)

    @property
    def most_batches(self) -> int:
        """Batches to run, or with a target at most."""
        return batches_of_body(self.ready)

    def result(self, sums: Sums, *, with_map: bool = True) -> BodyResult:
        """Doses, tallies and, if they were kept and are wanted, maps of the body."""
        if not with_map:
            sums = replace(sums, voxels=None)
        inputs = acquisition_inputs(self.ready.exam, self.planned, self.calibrations)
        scale = exam_scale(self.planned, self.calibrations)
        return assemble_body(self.phantom, self.rows, sums, scale, inputs, self.cut.bins)


def batches_of_body(ready: PreparedExam) -> int:
    """Batches of each body: the exam's histories are shared evenly."""
    return batches_for(-(-ready.exam.most_histories // len(ready.phantoms)))


def set_up_body(
    ready: PreparedExam, phantom: VoxelPhantom, emitted: EmittedBeams, *, dose_map: bool = True
) -> BodySetup:
    """Get one body ready; its tables are built when they are needed.

    Parameters
    ----------
    ready : PreparedExam
    phantom : VoxelPhantom
        One of `ready.phantoms`.
    emitted : list of list of (CTBeam, Calibration)
    dose_map : bool
        Keep dose maps.

    Raises
    ------
    CtdoseError
        If a target organ is unknown, or there is none in the range.
    """
    plans = ready.resolved.plans[body_name(phantom)]
    planned = tuple(
        PlannedBeam(plan, beam, calibration.photons_per_mas, number)
        for plan, of_plan in zip(plans, emitted)
        for number, (beam, calibration) in enumerate(of_plan)
    )
    rows = build_body_rows(phantom)
    concerned: dict[str, int] = {}
    if ready.exam.simulation.target_relative_standard_error is not None:
        concerned = target_rows(phantom, rows, irradiated_mm(plans), ready.exam.simulation.target_organs)
    cut = cut_views(planned)  # the same histories whether views are kept or not
    return BodySetup(
        ready=ready,
        phantom=phantom,
        rows=rows,
        planned=planned,
        calibrations=tuple(calibration for of_plan in emitted for _, calibration in of_plan),
        cut=cut,
        concerned=concerned,
        dose_map=dose_map,
    )


def _job(setup: BodySetup) -> Job:
    options, name = setup.ready.exam.simulation, setup.name
    phantom, rows, cut = setup.phantom, setup.rows, setup.cut
    plans = setup.ready.resolved.plans[name]
    tables = build_exam_tables(
        phantom,
        setup.planned,
        cut=cut if options.keep_views else cut.by_acquisition(),
        key=random_key(options.seed, "exam", name),
        physics=Physics(options.estimator, options.cutoff_kev, options.doppler),
        responses=rows.responses,
        composites=rows.composites,
        with_voxels=setup.dose_map,
        raised=small_organs(phantom, irradiated_mm(plans), target_regions(phantom, setup.concerned)),
    )
    return Job(
        body=name,
        tables=tables,
        acquisitions=len(plans),
        bins=tuple(cut.bins.acquisition.tolist()) if options.keep_views else None,
        identity=_identity(setup, tables),
    )


def _identity(setup: BodySetup, tables: Tables) -> dict[str, str]:
    """All that the sums of a body depend on; the tables hold every bit of it, the rest says what differs."""
    photons = " ".join(each.photons_per_mas.hex() for each in setup.planned)
    own = {"phantom": setup.phantom.sha256(), "calibration": photons, "tables": tables_sha256(tables)}
    return exam_identity(setup.ready, dose_map=setup.dose_map) | own
