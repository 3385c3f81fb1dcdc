"""From whichever output an acquisition states to tube current and mAs."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.errors import CtdoseError
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.dose_indices import localizer_current_ma, mas_per_rotation_of
from ctdose.exam.modulation_level import level_mas_per_rotation
from ctdose.scanner.model import Scanner


@dataclass(frozen=True)
class Exposure:
    """Tube load of an acquisition at a constant current: its mean, or the level that a modulation starts from.

    Parameters
    ----------
    tube_current_ma : float
        Tube current.
    mas_per_rotation : float or None
        None for a localizer: nothing rotates.
    effective_mas : float or None
        mAs per rotation over pitch; None but for a helical scan.
    ctdi_phantom_cm : int
        16 or 32: the CTDI phantom in which this acquisition's CTDI_vol is stated.
    """

    tube_current_ma: float
    mas_per_rotation: float | None
    effective_mas: float | None
    ctdi_phantom_cm: int


def resolve_exposure(acquisition: Acquisition, scanner: Scanner) -> Exposure:
    """Find tube current and mAs of an acquisition.

    Parameters
    ----------
    acquisition : Acquisition
        Checked.
    scanner : Scanner
        Gives the output that turns a typed CTDI_vol into mAs.

    Returns
    -------
    Exposure

    Raises
    ------
    CtdoseError
        A CTDI_vol is typed, and the scanner's file has no output for this bowtie, phantom and tube voltage.
    """
    phantom_cm = acquisition.ctdi_phantom_cm or scanner.ctdi_phantom_cm(acquisition.bowtie)
    if acquisition.mode == "localizer":
        return Exposure(_localizer_current(acquisition, scanner, phantom_cm), None, None, phantom_cm)
    seconds = acquisition.rotation_time_s
    assert seconds is not None
    mas = _mas_per_rotation(acquisition, scanner, phantom_cm, seconds)
    effective = mas / acquisition.pitch if acquisition.mode == "helical" and acquisition.pitch else None
    return Exposure(mas / seconds, mas, effective, phantom_cm)


def _mas_per_rotation(acquisition: Acquisition, scanner: Scanner, phantom_cm: int, seconds: float) -> float:
    level = level_mas_per_rotation(acquisition, seconds)
    if level is not None:
        return level
    if acquisition.tube_current_ma is not None:
        return acquisition.tube_current_ma * seconds
    if acquisition.mas_per_rotation is not None:
        return acquisition.mas_per_rotation
    if acquisition.effective_mas is not None and acquisition.pitch is not None:
        return acquisition.effective_mas * acquisition.pitch
    assert acquisition.ctdi_vol_mgy is not None
    return mas_per_rotation_of(
        acquisition.ctdi_vol_mgy,
        _ctdi_w(acquisition, scanner, phantom_cm) / 100.0,
        acquisition.mode,
        collimation_mm=acquisition.collimation_mm,
        pitch=acquisition.pitch,
        table_increment_mm=acquisition.table_increment_mm,
        rotations=acquisition.rotations,
    )


def _localizer_current(acquisition: Acquisition, scanner: Scanner, phantom_cm: int) -> float:
    if acquisition.tube_current_ma is not None:
        return acquisition.tube_current_ma
    assert acquisition.ctdi_vol_mgy is not None
    if scanner.localizer is None:
        raise CtdoseError(f"mode=localizer ({scanner.scanner} has no localizer). Choose another mode.")
    per_mas = _ctdi_w(acquisition, scanner, phantom_cm) / 100.0
    speed = scanner.localizer.table_speed_mm_s
    return localizer_current_ma(acquisition.ctdi_vol_mgy, per_mas, acquisition.collimation_mm, speed)


def _ctdi_w(acquisition: Acquisition, scanner: Scanner, phantom_cm: int) -> float:
    """CTDI_w per 100 mAs at the acquisition's collimation, mGy."""
    kv, bowtie = acquisition.tube_voltage_kv, acquisition.bowtie
    value = scanner.ctdi_w_mgy_per_100mas(kv, bowtie, phantom_cm, acquisition.collimation_mm)
    if value is None:
        why = f"{scanner.scanner} states no output for bowtie {bowtie} in the {phantom_cm} cm phantom"
        right = "Give tube_current_ma or mas_per_rotation, or the CTDI_vol of a phantom that it states."
        raise CtdoseError(f"ctdi_vol_mgy={acquisition.ctdi_vol_mgy:g} ({why}). {right}")
    return value
