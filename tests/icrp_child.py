"""A made-up child in the files of ICRP's voxel phantoms, and how the tests read it."""

import numpy as np

from ctdose.phantoms.readers.icrp import read_icrp_phantom

SHAPE, VOXEL = (14, 8, 12), (2.0, 3.0, 5.0)  # columns, rows, slices
CM3 = 0.03
ORGANS = """\
Organs and tissues of a made-up child
\t\t
Organ Organ                                          Tissue Density
ID                                                   number
14    Humeri, upper half, spongiosa                     3    1.200
42    Pelvis, spongiosa                                14    1.100
56    Sternum, spongiosa                               14    1.100
61    Brain                                            32    1.050
95    Liver                                            30    1.050
96    Lung, left, blood                                30    1.050
97    Lung, left, tissue                               50    0.400
99    Lung, right, tissue                              50    0.400
107   Muscle, trunk                                    29    1.050
108   Muscle, arms                                     29    1.050
123   Skin, trunk                                      27    1.100
124   SKIN - arms                                      27    1.100
150   Growth plate, arms                               27    1.100
151   Fontanelle                                       27    1.100
152   Never there                                      27    1.100
"""
MEDIA = """\
                                    1     6     8    20
      Tissues to be used:           H     C     O    Ca
No.                                     (% by mass)\t
3     Humeri, upper half, spongiosa 8.5  28.8  60.0   2.7
14    Pelvis, spongiosa             9.4  36.0  52.6   2.0\t\t
27    Skin                         10.0  19.9  70.1   0.0
29    Muscle tissue                10.2  14.3  75.5   0.0
30    Liver                        10.2  13.0  76.8   0.0
32    Brain                        10.7  14.5  74.8   0.0
50    Lung tissue (compressed)     10.3  10.7  79.0   0.0
"""
SPONGIOSA = "Med   RBM    YBM   Bone\n  3  0.500  0.100  0.400\n 14  0.250  0.500  0.250\n"


def make_ids():
    """[z, y, x]: x from right to left, y from front to back, z from toes to vertex; nothing symmetric."""
    ids = np.zeros(SHAPE[::-1], int)
    ids[0, 2:5, 4:8] = ids[11, 2:4, 4:8] = 141
    ids[1:11, 1:7, 3:11] = 107
    ids[1:11, 0, 3:11] = 123
    ids[2:4, 3:5, 4:9] = 42
    ids[4, 2:5, 3:7] = 95  # right
    ids[5:8, 3:6, 8:10] = 97  # left
    ids[5, 3, 8] = 96
    ids[5:7, 3:6, 4:6] = 99
    ids[7, 1, 6] = 56
    ids[9:11, 3:6, 5:8] = 61
    ids[10, 1, 3] = 151
    ids[3:8, 3, 0:3] = 108  # the right arm; the left one is shorter
    ids[3:8, 2, 1] = 124
    ids[4:7, 3, 1] = 14
    ids[8, 4, 6] = 14  # a humeral head, enclosed by the trunk
    ids[6:8, 3, 11:13] = 108
    ids[7, 3, 12] = 150
    return ids


def as_dat(ids):
    numbers = [str(number) for number in ids.ravel()]
    lines = [" ".join(numbers[i : i + 16]) for i in range(0, len(numbers), 16)]
    return " " + "\r\n ".join(lines) + "\r\n"


def as_slices(ids, code="05M"):
    nz, ny, nx = ids.shape
    head = f"{nx}\n{ny}\n{nz}\n"
    return {
        f"{code}_slice{k + 1}.g4dat": head + "\n".join(" ".join(map(str, r)) for r in ids[k])
        for k in range(nz)
    }


def make_files(ids=None, code="05M"):
    ids = make_ids() if ids is None else ids
    return {
        f"{code}.dat": as_dat(ids),
        f"{code}_organs.dat": ORGANS,
        f"{code}_media.dat": MEDIA,
        f"{code}_spongiosa.dat": SPONGIOSA,
        "README.txt": "not for us",
    }


def write(folder, files):
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("latin-1"))
    return folder


def read(folder, **changes):
    return read_icrp_phantom(folder, "male", **{"shape": SHAPE, "voxel_mm": VOXEL, **changes})


def region_of(phantom, name):
    return phantom.region_index == phantom.organ(name).organ_id


def centre_mm(phantom, name):
    z, y, x = (axis.mean() for axis in np.nonzero(region_of(phantom, name)))
    return tuple(o + i * d for o, i, d in zip(phantom.origin_mm, (x, y, z), phantom.spacing_mm))
