"""What a result says of its acquisitions, in sentences: dose indices, lengths, effective dose over DLP."""

from __future__ import annotations

from collections.abc import Iterator

from ctdose.imaging.size_specific import SizeSpecific
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.dlp_comparison import DlpComparison
from ctdose.results.number_text import LABELS, with_error


def acquisition_lines(acquisition: AcquisitionResult) -> Iterator[str]:
    """Dose indices of one acquisition; lengths on each body."""
    size = acquisition.ctdi_phantom_cm
    yield (
        f"{acquisition.name}: CTDI_vol {acquisition.ctdi_vol_mgy:.4g} mGy, DLP {acquisition.dlp_mgy_cm:.4g} mGy·cm "
        f"({size} cm CTDI phantom; mean over the bodies)"
    )
    for name, on_body in acquisition.on_body.items():
        planned, irradiated = (high - low for low, high in (on_body.planned_mm, on_body.irradiated_mm))
        line = f"{acquisition.name} on {name}: planned {planned:.1f} mm, irradiated {irradiated:.1f} mm"
        if acquisition.mode == "helical":
            line += f", over-ranging {irradiated - planned:.1f} mm"
        line = f"{line}; DLP {on_body.dlp_mgy_cm:.4g} mGy·cm, {on_body.total_mas:.4g} mAs"
        yield line + _modulated(on_body)
        if len(acquisition.beams) > 1:
            yield f"  of it {beam_parts(acquisition, on_body)}"
        if on_body.size is not None:
            yield f"{acquisition.name} on {name}: {size_line(on_body.size)}"


def _modulated(on_body: OnBody) -> str:
    """The range of a modulated tube current, and the CTDI_vol of its mean on this body; nothing for a constant one."""
    mean, low, high = on_body.tube_current_ma, on_body.tube_current_min_ma, on_body.tube_current_max_ma
    if mean is None or low is None or high is None or low == high:
        return ""
    return f", modulated: {low:.4g} to {high:.4g} mA, mean {mean:.4g} mA, CTDI_vol {on_body.ctdi_vol_mgy:.4g} mGy"


def beam_parts(acquisition: AcquisitionResult, on_body: OnBody) -> str:
    """The DLP of each beam of an acquisition on one body: its share is that of output times mAs."""
    weights = [
        beam.ctdi_w_mgy_per_100mas * mas
        for beam, mas in zip(acquisition.beams, on_body.beam_mas, strict=True)
    ]
    parts = []
    for beam, mas, weight in zip(acquisition.beams, on_body.beam_mas, weights, strict=True):
        behind = f" {beam.filter}" if beam.filter else ""
        dlp = on_body.dlp_mgy_cm * weight / sum(weights)
        parts.append(
            f"tube {beam.tube} {beam.tube_voltage_kv:g} kV{behind}: {dlp:.4g} mGy·cm, {mas:.4g} mAs, "
            f"HVL {beam.hvl_mm_al:.3g} mm Al"
        )
    return "; ".join(parts)


def size_line(size: SizeSpecific) -> str:
    """Water-equivalent diameter and size-specific dose estimate, or why there is none."""
    known = []
    if size.mean_diameter_cm is not None:
        known.append(f"water-equivalent diameter {size.mean_diameter_cm:.1f} cm")
    if size.mean_ssde_mgy is not None:
        known.append(f"SSDE {size.mean_ssde_mgy:.3g} mGy")
    return f"{', '.join(known)} ({size.note})" if known else size.note


def comparison_lines(comparison: DlpComparison) -> Iterator[str]:
    """Effective dose over DLP, then what is published."""
    label, size = LABELS[comparison.recommendation], comparison.ctdi_phantom_cm
    ratio = with_error(comparison.ratio_msv_per_mgy_cm, comparison.standard_error_msv_per_mgy_cm)
    yield f"Effective dose {label} over DLP ({size} cm): {ratio} mSv/(mGy·cm)"
    for factor in comparison.published:
        doubt = "" if factor.verified else "; quoted second-hand, not verified"
        yield (
            f"  published for {comparison.region}: {factor.k_msv_per_mgy_cm:.4g} mSv/(mGy·cm) "
            f"({factor.citation}{doubt})"
        )
    if not comparison.published:
        yield f"  nothing published to compare with: {_why_nothing(comparison)}"


def _why_nothing(comparison: DlpComparison) -> str:
    if not comparison.region:
        return "the exam is not of one named region"
    size = comparison.ctdi_phantom_cm
    return f"no factor for {comparison.region}, the {size} cm CTDI phantom and this tube voltage"
