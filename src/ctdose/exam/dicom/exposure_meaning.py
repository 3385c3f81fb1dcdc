"""What `Exposure` (0018,1152) means in a header: it depends on the maker.

DICOM leaves it open ("for example calculated from Exposure Time and X-Ray Tube Current", PS3.3, C.8.2). Seen: mAs of a
rotation; effective mAs (Siemens: mAs over pitch); mAs that fall on one slice (GE LightSpeed DICOM conformance
statement: exposure time · mean mA · slice thickness / total coverage).
"""

from __future__ import annotations

AGREES = 0.02  # currents are whole mA, exposures whole mAs: 1 % of 50 mAs

MEANINGS = {
    "rotation": "mAs of a rotation",
    "effective": "effective mAs (mAs of a rotation over pitch)",
    "slice": "mAs on one slice (times slice thickness over table feed)",
}


def exposure_meaning(
    exposure_mas: float,
    current_ma: float,
    rotation_time_s: float,
    pitch: float | None,
    feed_mm: float | None = None,
    thickness_mm: float | None = None,
) -> list[str]:
    """Meanings that agree with current, rotation time and pitch.

    Parameters
    ----------
    exposure_mas, current_ma, rotation_time_s, pitch, feed_mm, thickness_mm : float
        Of the header; feed in mm per rotation.

    Returns
    -------
    list of str
        Keys of `MEANINGS`; two of them at pitch 1, none if the header contradicts itself.
    """
    rotation = current_ma * rotation_time_s
    candidates = {"rotation": rotation}
    if pitch:
        candidates["effective"] = rotation / pitch
    if feed_mm and thickness_mm:
        candidates["slice"] = rotation * thickness_mm / feed_mm
    # Written as whole mAs of a whole mA.
    return [
        name
        for name, value in candidates.items()
        if abs(exposure_mas - value) <= AGREES * value + 0.5 * (1.0 + value / max(current_ma, 1.0))
    ]
