"""What the kernels are given: NamedTuples of C-contiguous arrays, one per role.

Units inside the kernels: cm, keV, rad, g/cm3. Positions are measured from the corner of voxel [0, 0, 0]
(the corner, not the centre), x, y, z as in DICOM patient coordinates. Everything here was checked by the
host before it came here; the kernels trust it.

Energy bins
-----------
An energy belongs to the bin that its bit pattern names: 128 bins in each octave, 1024 bins from 1 to 256 keV
(`ENERGY_BINS`). That is a logarithmic grid without a logarithm, exact and the same on every machine. A node
that lies nearest to an absorption edge is moved onto the edge; `node_kev` holds the nodes as they are, and the
look-up corrects the bin by one (attenuation.py). Every quantity is stored as (value at the lower node, slope
per keV) so that it may jump at a node.

Angular tables have the same kind of grid in u = x^2, x = sin(theta/2)/lambda in 1/angstrom: `SQUARED_X_BINS`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U8 = NDArray[np.uint8]

ENERGY_BINS = 1024
ENERGY_BINS_PER_OCTAVE = 128
ENERGY_MIN_KEV = 1.0

SQUARED_X_BINS_PER_OCTAVE = 32
SQUARED_X_MIN = 2.0**-14  # bin 0 is [0, SQUARED_X_MIN); 1/angstrom^2
SQUARED_X_OCTAVES = 22  # up to 2^8 1/angstrom^2: 150 keV backwards is 146
SQUARED_X_BINS = 1 + SQUARED_X_BINS_PER_OCTAVE * SQUARED_X_OCTAVES

PROFILE_NODES = 256  # electron momentum p_z of the Compton profile, 0 to PROFILE_PZ_MAX atomic units
PROFILE_PZ_MAX = 100.0

BATCH_HISTORIES = 65536  # 2^16, always: kernels/history.py and protocol

REGION_SENTINEL = 1023  # a voxel whose region is this ends the photon
MAX_REGIONS = 1023  # regions 0 to 1022
MAX_MATERIALS = 256
DENSITY_ONE = 4096  # density ratio 1 in the voxel word; 14 bits reach 16383 / 4096 = 3.9998

BEAM_CT, BEAM_POINT, BEAM_PARALLEL = 0, 1, 2
ESTIMATOR_COLLISION_KERMA, ESTIMATOR_ANALOGUE = 0, 1


class Voxels(NamedTuple):
    """The phantom: the kind of each voxel, and a packed word for each kind (voxels.py).

    There are few kinds. One byte a voxel instead of the word's four: most of a phantom lies in the processor's cache.
    """

    kind: U8  # [nz*ny*nx], x fastest; uint16 or uint32 where there are more kinds
    word: U32  # [kinds]
    shape: I32  # [3] nx, ny, nz
    inverse_spacing: F32  # [3] 1/cm
    slab: F32  # [slabs, 5] normal (3), lower and upper n.x in cm: the phantom is tracked inside all of them


class Zones(NamedTuple):
    """A coarse grid of cells over the phantom's, each in a zone with its own majorant (zones.py)."""

    cell: U8  # [cells] zone of each cell, x fastest; 0: the body at large
    reach: F32  # [cells] cm that can be flown from anywhere in the cell without meeting a zone other than 0
    shape: I32  # [3] cells along x, y, z; 0: there are no zones
    size: F32  # [3] cm
    inverse_size: F32  # [3] 1/cm
    majorant: F32  # [ENERGY_BINS, zones, 2] 1/cm


class Attenuation(NamedTuple):
    """Energy-dependent coefficients of every material at its reference density."""

    node_kev: F32  # [ENERGY_BINS + 1]
    majorant: F32  # [ENERGY_BINS, 2] 1/cm, at least every voxel's mu (outside of zones with their own)
    mu: F32  # [ENERGY_BINS, materials, 2] 1/cm, photoelectric + Compton + Rayleigh
    mu_en: F32  # [ENERGY_BINS, materials, 2] 1/cm
    photoelectric: F32  # [ENERGY_BINS, materials, 2] share of photoelectric in mu
    photoelectric_or_compton: F32  # [ENERGY_BINS, materials, 2] share of both


class Scattering(NamedTuple):
    """Angular distributions on the grid in u = x^2, and Compton profiles on the grid in p_z."""

    squared_x: F32  # [SQUARED_X_BINS + 1] the nodes u, 1/angstrom^2, first 0
    incoherent: F32  # [materials, SQUARED_X_BINS + 1] S per electron, mixed by atom fraction, <= 1
    coherent: F32  # [materials, SQUARED_X_BINS + 1] F^2 mixed by atom fraction, linear in u between nodes
    coherent_integral: F32  # [materials, SQUARED_X_BINS + 1] its integral over u from 0
    profile_integral: F32  # [materials, PROFILE_NODES] cumulative of J(p_z) from p_z = 0, normalised to 1


class Fluorescence(NamedTuple):
    """K fluorescence after photoelectric absorption. An entry is one element of one material."""

    first: I32  # [materials + 1] entries of material m: first[m] <= i < first[m + 1]
    probability: F32  # [entries, ENERGY_BINS, 2] per absorption, cumulative over the entries of one material
    element: I32  # [entries] row of the line tables
    line_kev: F32  # [elements, lines] lines above the cut-off only
    line_cumulative: F32  # [elements, lines] last 1


class Responses(NamedTuple):
    """Fluence folded with a response function: marrow, endosteum, air kerma."""

    curve: F32  # [ENERGY_BINS, curves, 2] keV/cm: what a track of 1 cm scores, whatever the voxel's density
    of_region: I32  # [regions, 2, 2] (curve, row) of at most two responses of a region; curve -1: no more


class Composites(NamedTuple):
    """Linear combinations of rows, merged within each history before squaring. Sparse, by row."""

    first: I32  # [rows + 1] entries of row r: first[r] <= i < first[r + 1]
    composite: I32  # [entries] index of the composite, 0 to composites - 1
    coefficient: F64  # [entries] at most 1 in size


class Views(NamedTuple):
    """Where the source is while it emits: pieces of the scan in the order of time."""

    cumulative: F64  # [pieces + 1] of the emitted photons, 0 to 1
    z: F32  # [pieces, 2] cm, at begin and end of the piece
    angle: F32  # [pieces, 2] rad, at begin; its change over the piece
    angle_is_random: I32  # [pieces] 1: the angle is uniform over its span, independent of z
    beam: I32  # [pieces] which beam
    acquisition: I32  # [pieces] which block of rows
    blades: (
        F32  # [pieces, 4] lower, upper blade at begin, lower, upper at end, in half openings from its middle
    )


class Beams(NamedTuple):
    """What is emitted at a source position, one row for each beam."""

    kind: I32  # [beams] BEAM_CT, BEAM_POINT, BEAM_PARALLEL
    isocentre: F32  # [beams, 2] cm, x and y of the rotation axis (CT)
    radius: F32  # [beams] cm, source to isocentre (CT)
    frame: F32  # [beams, 4, 3] point and parallel: position, forward, across, along (cm, unit vectors)
    fan: F32  # [beams, 2] rad: first fan angle, width of a fan bin; parallel: half widths in cm
    fan_alias: U32  # [beams, fan_bins, 2] alias table (sampling.py) of the fan bins
    tan_cone: F32  # [beams, 2] lower and upper tangent of the collimator's opening along z
    heel_alias: U32  # [beams, heel_bins, 2] of equal steps in the sine of the elevation, lower to upper blade
    energy_kev: F32  # [beams, lines] discrete energies
    energy_alias: U32  # [beams, fan_bins, lines, 2] of the lines, in each fan bin
    tilt: F32  # [beams, 2] sine and cosine of the gantry's tilt (CT)
    spot: F32  # [beams, 5] width, length (cm), off-focal share, its sigma (cm), focus to collimator (cm; 0: a point)
    extended: int  # 0 or 1: some beam's spot is not a point


class Run(NamedTuple):
    """Scalars of one run."""

    key_low: int  # uint32
    key_high: int  # uint32
    cutoff_kev: float
    estimator: int
    doppler: int  # 0 or 1
    surroundings: int  # material around the tracked volume, -1: vacuum
    regions: int  # rows of a block: regions, then responses, then composites
    rows: int  # regions + responses
    composites: int
    with_voxels: int  # 0 or 1: keep the voxel map


class Tables(NamedTuple):
    """Everything that a transport kernel reads."""

    voxels: Voxels
    zones: Zones
    attenuation: Attenuation
    scattering: Scattering
    fluorescence: Fluorescence
    responses: Responses
    composites: Composites
    views: Views
    beams: Beams
    run: Run
