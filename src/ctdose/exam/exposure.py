"""From whichever output an acquisition states to tube current and mAs."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.errors import CtdoseError
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.beam_choice import beams_of, ctdi_w_of
from ctdose.exam.dose_indices import localizer_current_ma, mas_per_rotation_of
from ctdose.exam.modulation_level import level_mas_per_rotation
from ctdose.scanner.model import Scanner


@dataclass(frozen=True)
class Exposure:
    """Tube load of an acquisition: the mean over the beam-on of a current that varies, or the level it starts from.

    Parameters
    ----------
    tube_current_ma : float
        Tube current; of the first tube where there are two, over both voltages where they are switched.
    mas_per_rotation : float or None
        Of both tubes together; None for a localizer: nothing rotates.
    effective_mas : float or None
        mAs per rotation over pitch, of both tubes together; None but for a helical scan.
    ctdi_phantom_cm : int
        16 or 32: the CTDI phantom in which this acquisition's CTDI_vol is stated.
    second_tube_current_ma : float
        Of the second tube; 0 without it.
    shares : tuple of float
        Share of the mAs of each of the acquisition's beams; their sum is 1.
    """

    tube_current_ma: float
    mas_per_rotation: float | None
    effective_mas: float | None
    ctdi_phantom_cm: int
    second_tube_current_ma: float = 0.0
    shares: tuple[float, ...] = (1.0,)

    @property
    def all_tubes_ma(self) -> float:
        """Current of both tubes together, mA: times the beam-on time it gives the mAs."""
        return self.tube_current_ma + self.second_tube_current_ma


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
    first = _mas_per_rotation(acquisition, scanner, phantom_cm, seconds)
    shares = beam_shares(acquisition, first)
    second = 0.0
    if acquisition.second_tube is not None:
        second = first * acquisition.second_tube.ratio(first, seconds, acquisition.pitch)
    mas = first + second
    effective = mas / acquisition.pitch if acquisition.mode == "helical" and acquisition.pitch else None
    return Exposure(first / seconds, mas, effective, phantom_cm, second / seconds, shares)


def beam_shares(acquisition: Acquisition, first_mas_per_rotation: float) -> tuple[float, ...]:
    """Share of the mAs of each beam of a rotating scan.

    Parameters
    ----------
    acquisition : Acquisition
    first_mas_per_rotation : float
        Of the first tube, mAs; without effect where the second states its `current_ratio`.
    """
    if acquisition.second_tube is not None:
        assert acquisition.rotation_time_s is not None
        ratio = acquisition.second_tube.ratio(
            first_mas_per_rotation, acquisition.rotation_time_s, acquisition.pitch
        )
        return 1.0 / (1.0 + ratio), ratio / (1.0 + ratio)
    switched = acquisition.switched_mas_fraction or acquisition.switched_time_fraction
    return (1.0,) if switched is None else (1.0 - switched, switched)


def _mas_per_rotation(acquisition: Acquisition, scanner: Scanner, phantom_cm: int, seconds: float) -> float:
    """Of the first tube, mean over the beam-on, mAs."""
    full = 1.0
    if acquisition.mode == "helical" and acquisition.ecg is not None and acquisition.ecg.output_is == "full":
        full = acquisition.ecg.mean_fraction
    level = level_mas_per_rotation(acquisition, seconds)
    if level is not None:
        return level * full
    if acquisition.tube_current_ma is not None:
        return acquisition.tube_current_ma * seconds * full
    if acquisition.mas_per_rotation is not None:
        return acquisition.mas_per_rotation * full
    if acquisition.effective_mas is not None and acquisition.pitch is not None:
        return acquisition.effective_mas * acquisition.pitch * full
    assert acquisition.ctdi_vol_mgy is not None
    shares = beam_shares(acquisition, 1.0)
    tube = shares[0] if acquisition.second_tube is not None else 1.0
    return tube * mas_per_rotation_of(
        acquisition.ctdi_vol_mgy,
        _ctdi_w(acquisition, scanner, phantom_cm, shares) / 100.0,
        acquisition.mode,
        collimation_mm=acquisition.collimation_mm,
        pitch=acquisition.pitch,
        table_increment_mm=acquisition.table_increment_mm,
        rotations=acquisition.rotations_at_one_place,
    )


def _localizer_current(acquisition: Acquisition, scanner: Scanner, phantom_cm: int) -> float:
    if acquisition.tube_current_ma is not None:
        return acquisition.tube_current_ma
    assert acquisition.ctdi_vol_mgy is not None
    per_mas = _ctdi_w(acquisition, scanner, phantom_cm, (1.0,)) / 100.0
    speed = localizer_speed_mm_s(acquisition, scanner)
    return localizer_current_ma(acquisition.ctdi_vol_mgy, per_mas, acquisition.collimation_mm, speed)


def localizer_speed_mm_s(acquisition: Acquisition, scanner: Scanner) -> float:
    """Speed of the table in a localizer, mm/s.

    Raises
    ------
    CtdoseError
        The scanner has no localizer.
    """
    if scanner.localizer is None:
        raise CtdoseError(f"mode=localizer ({scanner.scanner} has no localizer). Choose another mode.")
    return acquisition.table_speed_mm_s or scanner.localizer.table_speed_mm_s


def _ctdi_w(acquisition: Acquisition, scanner: Scanner, phantom_cm: int, shares: tuple[float, ...]) -> float:
    """CTDI_w per 100 mAs of all beams together at the acquisition's collimation, mGy."""
    total = 0.0
    for beam, share in zip(beams_of(acquisition), shares, strict=True):
        value = ctdi_w_of(scanner, beam, phantom_cm)
        if value is None:
            behind = f" behind {beam.filter}" if beam.filter else ""
            why = f"{scanner.scanner} states no output for bowtie {beam.bowtie}{behind} in the {phantom_cm} cm phantom"
            right = "Give tube_current_ma or mas_per_rotation, or the CTDI_vol of a phantom that it states."
            if beam.filter:
                right = "Give the tube currents, or a scanner file that has an output table for that filter."
            raise CtdoseError(f"ctdi_vol_mgy={acquisition.ctdi_vol_mgy:g} ({why}). {right}")
        total += share * value
    return total
