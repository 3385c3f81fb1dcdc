"""Make the table of unfiltered tungsten spectra that ctdose ships.

Needs SpekPy (pip install "ctdose[spectra]"; two minutes). Run from the root of the repository:

    python tools/make_spectra.py

SpekPy's model `casim` (Omar, Andreo and Poludniowski, Med. Phys. 47, 4763 (2020)), a thick reflection target, no
filtration at all, no air. Bremsstrahlung is tabulated against E/kV, so that neighbouring tube voltages can be
mixed bin by bin; the characteristic lines stand apart, for their energies do not scale.
"""

from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "src/ctdose/physics/data/tungsten_spectra.npz"
TUBE_VOLTAGE_KV = np.arange(50.0, 150.1, 5.0)
ANODE_ANGLE_DEG = np.array([*range(1, 13), 14, 16], float)  # beyond 7 to 12: for the heel effect
BINS = 240  # of E/kV from 0 to 1
LINE_BIN_KEV = 0.1
LINE_SHARE = 3e-4  # weaker lines are dropped


def spectrum(kv: float, angle: float, bin_kev: float, **kind: bool) -> tuple[np.ndarray, np.ndarray]:
    """Bin numbers and photons per keV, cm2 and mAs at 1 m."""
    import spekpy

    tube = spekpy.Spek(kvp=kv, th=angle, dk=bin_kev, physics="casim", z=100, mas=1, **kind)
    energy, fluence = tube.get_spectrum(edges=False, flu=True, diff=True)
    return np.rint(energy / bin_kev - 0.5).astype(int), fluence


def rounded(values: np.ndarray) -> np.ndarray:
    """float32 with the last 7 bits cut, 1 in 10^5: the file is a third smaller."""
    return ((values.astype(np.float32).view(np.uint32) + 0x40) & np.uint32(0xFFFFFF80)).view(np.float32)


def main() -> None:
    from importlib.metadata import version

    shape = (TUBE_VOLTAGE_KV.size, ANODE_ANGLE_DEG.size)
    continuum = np.zeros((*shape, BINS))
    lines = np.zeros((*shape, int(TUBE_VOLTAGE_KV[-1] / LINE_BIN_KEV)))
    for i, kv in enumerate(TUBE_VOLTAGE_KV):
        print(f"{kv:g} kV")
        for j, angle in enumerate(ANODE_ANGLE_DEG):
            bins, fluence = spectrum(kv, angle, kv / BINS, char=False)
            continuum[i, j, bins] = fluence
            bins, fluence = spectrum(kv, angle, LINE_BIN_KEV, brem=False)
            lines[i, j, bins] = fluence * LINE_BIN_KEV
    strong = (lines > LINE_SHARE * lines.sum(axis=2, keepdims=True)).any(axis=(0, 1))
    np.savez_compressed(
        TARGET,
        tube_voltage_kv=TUBE_VOLTAGE_KV,
        anode_angle_deg=ANODE_ANGLE_DEG,
        scaled_energy=(np.arange(BINS) + 0.5) / BINS,
        continuum=rounded(continuum),
        line_kev=(np.flatnonzero(strong) + 0.5) * LINE_BIN_KEV,
        lines=rounded(lines[..., strong]),
        made_with=np.array(f"SpekPy {version('spekpy')}, casim"),
        units=np.array("continuum: photons/(keV cm2 mAs) at 1 m; lines: photons/(cm2 mAs) at 1 m"),
    )
    print(TARGET, TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
