"""The second tube of a dual-source scanner, as an acquisition uses it: the key `second_tube`."""

from __future__ import annotations

from ctdose.schema import Checked, key

SECOND_OUTPUTS = ("tube_current_ma", "mas_per_rotation", "effective_mas", "current_ratio")
NO_FILTER = "none"


class SecondTubeUse(Checked):
    """What tube B does; what is left out is as in tube A (the keys of the acquisition)."""

    tube_voltage_kv: float | None = key(
        None, doc="Its peak tube voltage; default: as the first", unit="kV", ge=40, le=150, example=140
    )
    bowtie: str | None = key(None, doc="Its bowtie; default: as the first", min_length=1, example="body")
    filter: str | None = key(
        None,
        doc="Its additional flat filter, or none; default: as the first",
        min_length=1,
        example="tin-0.4",
    )
    tube_current_ma: float | None = key(
        None,
        doc="Its tube current (one of four ways to state its output)",
        unit="mA",
        gt=0,
        le=5000,
        example=150,
    )
    mas_per_rotation: float | None = key(
        None, doc="Its tube current × rotation time", unit="mAs", gt=0, le=20000, example=75
    )
    effective_mas: float | None = key(
        None, doc="Its mAs per rotation over pitch; helical", unit="mAs", gt=0, le=20000, example=75
    )
    current_ratio: float | None = key(
        None,
        doc="Its tube current over that of the first; default, where its output is not stated: 1",
        gt=0,
        le=100,
        example=1.0,
    )

    def ratio(self, first_mas_per_rotation: float, rotation_time_s: float, pitch: float | None) -> float:
        """Its tube current over that of the first.

        Parameters
        ----------
        first_mas_per_rotation : float
            Of the first tube, mAs.
        rotation_time_s : float
        pitch : float or None
            Of a helical scan.
        """
        if self.tube_current_ma is not None:
            return self.tube_current_ma * rotation_time_s / first_mas_per_rotation
        if self.mas_per_rotation is not None:
            return self.mas_per_rotation / first_mas_per_rotation
        if self.effective_mas is not None and pitch is not None:
            return self.effective_mas * pitch / first_mas_per_rotation
        return 1.0 if self.current_ratio is None else self.current_ratio
