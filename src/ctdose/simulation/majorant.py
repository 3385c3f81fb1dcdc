"""The majorant: at every energy at least the largest attenuation coefficient of any voxel."""

import numpy as np

from ctdose.kernels.tables import F32, Attenuation

MARGIN = 1.0 + 2.0**-20  # float32 rounds density * mu up or down by 2^-24 at most twice
MINIMUM = 1e-10  # 1/cm, less than any gas: a phantom of density 0 must not make flights infinite


def with_majorant(attenuation: Attenuation, density_ratio: np.ndarray) -> Attenuation:
    """Fill the majorant of a phantom into the tables of its materials; parameters as `majorant_of`."""
    return attenuation._replace(majorant=majorant_of(attenuation, density_ratio))


def majorant_of(attenuation: Attenuation, density_ratio: np.ndarray) -> F32:
    """Majorant of all materials at densities up to the given ones.

    Inside a bin every mu is linear in energy, so their maximum lies below the chord between the maxima at the bin's
    ends: the chord is the majorant.

    Parameters
    ----------
    attenuation : Attenuation
    density_ratio : float64 ndarray [materials]
        Largest density ratio of each material; 0: the material is absent.

    Returns
    -------
    float32 ndarray [ENERGY_BINS, 2]
        Value at the lower node of each bin and slope, 1/cm.
    """
    node = attenuation.node_kev.astype(np.float64)
    width = np.diff(node)[:, None]
    low = attenuation.mu[:, :, 0].astype(np.float64)
    high = low + attenuation.mu[:, :, 1].astype(np.float64) * width
    lower = np.maximum((low * density_ratio).max(axis=1) * MARGIN, MINIMUM)
    upper = np.maximum((high * density_ratio).max(axis=1) * MARGIN, MINIMUM)
    majorant = np.stack([lower, (upper - lower) / width[:, 0]], axis=1)
    return np.ascontiguousarray(majorant.astype(np.float32))
