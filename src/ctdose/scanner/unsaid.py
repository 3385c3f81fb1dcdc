"""Keys of a scanner's file that say nothing, and are left out of its hash and of YAML."""

from __future__ import annotations

from typing import Any

# Keys that came later, with the value that says nothing: a file without them keeps the hash that it had before.
UNSAID: dict[str, Any] = {
    "focal_spots": {},
    "off_focal": None,
    "filters": {},
    "second_tube": None,
    "table": None,
    "source_collimator_distance_mm": None,
    "gantry_tilt_max_deg": 0.0,
    "dynamic_collimation": False,
    "filter": None,
}


def said(value: Any) -> Any:
    """Leave out, at every depth, what came later and says nothing."""
    if isinstance(value, dict):
        return {k: said(v) for k, v in value.items() if k not in UNSAID or v != UNSAID[k]}
    if isinstance(value, list):
        return [said(item) for item in value]
    return value
