"""A result that is made up, with everything that a result file may hold."""

import dataclasses

import numpy as np

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.systematic_parts import SystematicParts
from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.exam.view_pieces import ViewPiece
from ctdose.imaging.size_specific import SizeSpecific
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.beam_result import BeamResult
from ctdose.results.body_result import Batches, BodyResult, Grid
from ctdose.results.result import Result
from ctdose.simulation.view_bins import ViewBins

SHAPE = (5, 4, 3)
EXAM_YAML = """\
exam: "Chest # 1, für Erwachsene"           # user
phantom: adult                              # user
acquisitions:                               # user
  - name: chest                             # user
    tube_voltage_kv: 120                    # default
    scan_range: [10.0, 20.0]                # command line
simulation:
  seed: 1                                   # default
# chest on adult-male: 12 rotations
"""


def organ(number, name, dose, **about):
    values = {"icrp103_tissue": "", "snomed": "", "mass_g": 10.0, "reference_mass_g": 11.0}
    values |= {"mass_in_range_fraction": 0.5, **about}
    return OrganDose(
        organ_id=number,
        name=name,
        absorbed_dose_mgy=dose,
        standard_error_mgy=dose / 64,
        systematic_error_mgy=dose / 16,
        **values,
    )


def body(name, sex, *, with_map=True):
    random = np.random.default_rng(sum(map(ord, name)))
    organs = [
        organ(
            *(1, "left_lung", 10.1),
            icrp103_tissue="lung",
            snomed="44029006",
            systematic=SystematicParts(0.1, 0.2, range_lower=float("nan"), centring=0.3),
            over_ranging_fraction=0.25,
            over_ranging_fraction_standard_error=0.01,
        ),
        organ(2, "right_lung", 10.3, icrp103_tissue="lung", reference_mass_g=float("nan")),
        organ(3, "skin", 0.1, partial=True, note="2 mm of skin as a surrogate, ±20 µm"),
        organ(-1, "lungs", 10.2),
    ]
    tissues = [organ(-1, "lung", 10.2, icrp103_tissue="lung")]
    maps = None
    if with_map:
        dose = random.random(SHAPE, np.float32)
        error = dose / 10
        error[0] = np.nan
        maps = DoseMap(dose, error, random.random(SHAPE, np.float32))
    grid = Grid(
        organ_index=random.integers(0, 4, SHAPE).astype(np.uint16),
        material_index=random.integers(0, 2, SHAPE).astype(np.uint8),
        density_g_cm3=np.array([0.0012, 1.05]),
        material_names=("air", "soft tissue"),
        origin_mm=(-10.0, -15.0, 0.1),
        spacing_mm=(10.0, 10.0, 10.0),
        phantom_sha256="ab" * 32,
    )
    return BodyResult(
        name=name,
        dose=BodyDose(
            name,
            {o.name: o for o in organs},
            {t.name: t for t in tissues},
            {"icrp103": (3.1, 0.1), "icrp60": (3.0, 0.2)},
            {"icrp103": SystematicParts(0.1, 0.2), "icrp60": SystematicParts(output=0.7)},
            {"icrp103": (0.2, 0.01)},
        ),
        grid=grid,
        batches=Batches(
            np.arange(2),
            random.integers(0, 2**62, (2, 1, 5, 2)),
            ("region:0", "region:1", "response:marrow", "group:lungs", "weighted:icrp103"),
            random.random(5),
        ),
        map=maps,
        histories=2 * 65536,
        groups={"lungs": ("left_lung", "right_lung")},
        sex=sex,
        reference_person=True,
        views=views(random) if with_map else None,
    )


def views(random):
    ends, angle = np.array([10.0, 15.0]), np.array([0.0, 350.0])
    bins = ViewBins(
        acquisition=np.zeros(2, np.int32),
        beam=np.array([0, 1], np.int32),
        z_start_mm=ends,
        z_end_mm=ends + 5.0,
        angle_start_deg=angle,
        angle_end_deg=angle + 10.0,
        mas=np.array([1.5, 2.5]),
        open_share=np.array([1.0, 0.5]),
        photon_share=np.array([0.25, 0.75]),
    )
    dose = random.random((2, 3), np.float32)
    return ViewDoses(bins, ("organ:left_lung", "tissue:lung", "weighted:icrp103"), dose, dose / 7, 2 * 65536)


def on_body():
    pieces = (
        ViewPiece(20.0, 10.0, 0.0, 6.28, True, 99.9),
        ViewPiece(10.0, 0.0, 0.5, -3.14, False, 0.1, beam=1),
    )
    size = SizeSpecific(
        z_mm=np.array([5.0, 15.0]),
        length_mm=np.array([10.0, 10.0]),
        water_equivalent_diameter_cm=np.array([20.0, 7.0]),
        ctdi_vol_mgy=np.array([1 / 3, 1 / 3]),
        ssde_mgy=np.array([0.6, np.nan]),
        truncated=np.array([False, True]),
        mean_diameter_cm=13.5,
        mean_ssde_mgy=0.6,
        note="factor of µ",
    )
    return OnBody(
        1.5, (0.0, 20.0), (-1.0, 21.0), (-2.0, 22.0), 100.0, pieces, beam_mas=(99.9, 0.1), size=size
    )


BEAMS = (
    BeamResult("A", 120.0, "body", "", 7.8, 1.23e12, "c" * 64, 0.001, 7.7, 66.6),
    BeamResult("B", 140.0, "body", "tin-0.4", 3.2, 4.56e11, "d" * 64, 0.002, 12.3, 90.1),
)


def make_result(names=("adult-male", "adult-female"), **changes):
    bodies = {name: body(name, name.rsplit("-", 1)[-1]) for name in names}
    acquisition = AcquisitionResult(
        name="chest",
        mode="helical",
        bowtie="body",
        tube_voltage_kv=120.0,
        collimation_mm=40.0,
        beam_width_mm=43.5,
        ctdi_vol_mgy=1 / 3,
        ctdi_phantom_cm=32,
        photons_per_mas=1.23e12,
        calibration_id="c" * 64,
        calibration_relative_standard_error=0.001,
        output_relative_systematic_error=0.05,
        hvl_mm_al=7.7,
        mean_energy_kev=66.6,
        spectrum_kev=np.arange(10.0, 120.0),
        spectrum_weight=np.full(110, 1 / 110),
        on_body={name: on_body() for name in names},
        beams=BEAMS,
    )
    result = Result(
        exam="Chest # 1, für Erwachsene",
        bodies=bodies,
        acquisitions=(acquisition,),
        effective_dose=EffectiveDose(3.1, 0.1, 3.0, 0.2),
        histories=2 * 65536 * len(names),
        seed=2**40,
        complete=True,
        exam_yaml=EXAM_YAML,
        scanner_yaml="name: generic-64\n",
        exam_sha256="e" * 64,
        created_utc="2024-05-31T12:00:00+00:00",
        versions={"ctdose_version": "0.1.0", "kernel_sha256": "k" * 64, "physics_data": "1"},
        seconds=1.25,
    )
    return dataclasses.replace(result, **changes)
