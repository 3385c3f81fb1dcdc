"""From the sums of a run to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ctdose.calibration.calibrate import Calibration
from ctdose.dosimetry.body_rows import BodyRows
from ctdose.dosimetry.dose_map import dose_map
from ctdose.dosimetry.organ_dose import Scale, body_dose
from ctdose.dosimetry.uncertainty import AcquisitionInputs
from ctdose.dosimetry.view_dose import view_doses
from ctdose.exam.beam_choice import BeamChoice
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.phantom_checks import body_name
from ctdose.exam.plan import Plan
from ctdose.imaging.size_specific import SizeSpecific
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.assemble_systematic import with_systematic
from ctdose.results.beam_result import BeamResult
from ctdose.results.body_result import Batches, BodyResult, Grid
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.exam_tables import PlannedBeam
from ctdose.simulation.sums import Sums
from ctdose.simulation.view_bins import ViewBins


def beam_edges_mm(plan: Plan) -> tuple[float, float]:
    """Outer edges of the beam over the whole scan, on the axis of rotation, moving blades included."""
    half = plan.beam_width_along_axis_mm / 2.0
    ends = [
        (z + half * low, z + half * high)
        for piece in plan.pieces
        for z, low, high in (
            (piece.z_start_mm, *piece.blades[:2]),
            (piece.z_end_mm, *piece.blades[2:]),
        )
    ]
    return min(low for low, _ in ends), max(high for _, high in ends)


def irradiated_mm(plans: Sequence[Plan]) -> tuple[float, float]:
    """Outer edges of all beams of an exam on one body."""
    edges = [beam_edges_mm(plan) for plan in plans]
    return min(low for low, _ in edges), max(high for _, high in edges)


def exam_scale(planned: Sequence[PlannedBeam], calibrations: Sequence[Calibration]) -> Scale:
    """Photons of the exam on one body, and their common relative error.

    The acquisitions of one scanner err together, so their errors add up linearly, weighted by photons.
    """
    photons = np.array([p.photons for p in planned])
    errors = np.array([c.relative_error for c in calibrations])
    return Scale(float(photons.sum()), float((photons * errors).sum() / photons.sum()))


def assemble_body(
    phantom: VoxelPhantom,
    rows: BodyRows,
    sums: Sums,
    scale: Scale,
    inputs: Sequence[AcquisitionInputs],
    bins: ViewBins,
) -> BodyResult:
    """Doses, maps and tallies of one body; `bins` are those of `sums.views`, if they were kept."""
    plans = [each.plan for each in inputs]
    dose = body_dose(phantom, rows, sums, scale, irradiated_mm(plans))
    views = view_doses(rows, sums, bins, scale, dose)
    reference_person = phantom.anatomy is not None and phantom.anatomy.reference_person
    maps = None
    if sums.voxels is not None:
        maps = dose_map(phantom, rows, sums, scale, reference_person=reference_person)
    return BodyResult(
        name=body_name(phantom),
        dose=with_systematic(dose, rows, sums, views, inputs, person=phantom.anatomy is not None),
        grid=_grid(phantom),
        batches=batches_of(rows, sums, scale),
        map=maps,
        histories=sums.histories,
        groups=dict(phantom.anatomy.groups) if phantom.anatomy else {},
        sex=phantom.anatomy.sex if phantom.anatomy else "",
        reference_person=reference_person,
        views=views,
    )


def _grid(phantom: VoxelPhantom) -> Grid:
    return Grid(
        organ_index=phantom.region_index,
        material_index=phantom.material_index,
        density_g_cm3=np.array([m.density_g_cm3 for m in phantom.materials]),
        material_names=tuple(m.name for m in phantom.materials),
        origin_mm=phantom.origin_mm,
        spacing_mm=phantom.spacing_mm,
        phantom_sha256=phantom.sha256(),
    )


def batches_of(rows: BodyRows, sums: Sums, scale: Scale) -> Batches:
    """The sums of each batch with what each row is, and the dose that a keV per history of it stands for."""
    mass = rows.organ_mass_g
    per_region = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
    factors = [*per_region, *(1.0 for _ in rows.responses), *(c.scale for c in rows.composites)]
    names = [f"region:{r}" for r in range(mass.size)]
    names += [f"response:{r.name}" for r in rows.responses] + [c.name for c in rows.composites]
    return Batches(sums.batches, sums.rows, tuple(names), np.asarray(scale.mgy(np.array(factors))))


def _beam_result(choice: BeamChoice, emitted: tuple[CTBeam, Calibration]) -> BeamResult:
    beam, calibration = emitted
    return BeamResult(
        tube=choice.tube,
        tube_voltage_kv=choice.tube_voltage_kv,
        bowtie=choice.bowtie,
        filter=choice.filter or "",
        ctdi_w_mgy_per_100mas=calibration.ctdi_w_mgy_per_100mas,
        photons_per_mas=calibration.photons_per_mas,
        calibration_id=calibration.calibration_id,
        calibration_relative_standard_error=calibration.relative_standard_error,
        hvl_mm_al=float(beam.central_spectrum.hvl_mm()),
        mean_energy_kev=float(beam.central_spectrum.mean_energy_kev),
    )


def assemble_acquisition(
    plans: dict[str, Plan],
    emitted: Sequence[tuple[CTBeam, Calibration]],
    sizes: Mapping[str, SizeSpecific],
) -> AcquisitionResult:
    """Dose indices and beams of one acquisition over all bodies; `sizes` by the name of the body."""
    outputs = [calibration.ctdi_w_mgy_per_100mas for _, calibration in emitted]
    indices = {name: dose_indices(plan, outputs) for name, plan in plans.items()}
    beam, calibration = emitted[0]
    plan, index = next(iter(plans.values())), next(iter(indices.values()))
    weights = np.asarray(beam.central_spectrum.weights, np.float64)
    return AcquisitionResult(
        name=plan.name,
        mode=plan.mode,
        bowtie=plan.bowtie,
        tube_voltage_kv=plan.tube_voltage_kv,
        collimation_mm=plan.collimation_mm,
        beam_width_mm=plan.beam_width_mm,
        ctdi_vol_mgy=float(np.mean([each.ctdi_vol_mgy for each in indices.values()])),
        ctdi_phantom_cm=index.ctdi_phantom_cm,
        photons_per_mas=calibration.photons_per_mas,
        calibration_id=calibration.calibration_id,
        calibration_relative_standard_error=calibration.relative_standard_error,
        output_relative_systematic_error=calibration.relative_systematic_error,
        hvl_mm_al=float(beam.central_spectrum.hvl_mm()),
        mean_energy_kev=float(beam.central_spectrum.mean_energy_kev),
        spectrum_kev=np.asarray(beam.central_spectrum.energies_kev, np.float64),
        spectrum_weight=weights / weights.sum(),
        beams=tuple(_beam_result(*each) for each in zip(plan.beams, emitted, strict=True)),
        on_body={
            name: OnBody(
                dlp_mgy_cm=indices[name].dlp_mgy_cm,
                planned_mm=(p.z_start_mm, p.z_end_mm),
                irradiated_mm=(p.irradiated_start_mm, p.irradiated_end_mm),
                beam_edges_mm=beam_edges_mm(p),
                total_mas=p.total_mas,
                pieces=p.pieces,
                size=sizes.get(name),
                beam_mas=tuple(p.beam_mas(number) for number in range(len(p.beams))),
                ctdi_vol_mgy=indices[name].ctdi_vol_mgy,
                tube_current_ma=p.tube_current_ma,
                tube_current_min_ma=p.modulation.min_ma if p.modulation else p.tube_current_ma,
                tube_current_max_ma=p.modulation.max_ma if p.modulation else p.tube_current_ma,
            )
            for name, p in plans.items()
        },
    )
