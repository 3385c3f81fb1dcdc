"""Finding an ICRP voxel phantom among files: ``AM.dat``, ``AM_organs.dat`` …, children ``05F.dat`` and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.readers.icrp_tables import (
    IcrpMedium,
    IcrpOrgan,
    read_media,
    read_organs,
    read_spongiosa,
)
from ctdose.phantoms.readers.icrp_voxels import check_shape, read_ids
from ctdose.phantoms.readers.source import file_names, read_files
from ctdose.phantoms.stylized.masses import read_data

TABLES = ("organs", "media", "spongiosa")
_NAME = re.compile(
    # Something may stand before the code: how ICRP names the children's files could not be seen.
    r"^(?:.*[^a-z0-9])?(A|\d\d?)([MF])(\.dat|_(?:organs|media|spongiosa)\.dat|_slice\d+\.g4dat)$",
    re.I,
)
AGES = ("00", "01", "05", "10", "15")


@dataclass(frozen=True)
class IcrpFiles:
    """What the files of one ICRP phantom say.

    Attributes
    ----------
    code : str
        Its name in file names: ``AM``, ``AF``, or age and sex of a child, ``05F``.
    ids : array of uint16, [z, y, x]
        Organ numbers; LPS.
    voxel_mm : (float, float, float)
        Along x, y, z.
    organs : dict of int to IcrpOrgan
    media : dict of int to IcrpMedium
    spongiosa : dict of int to (float, float)
        Mass fractions of red marrow and mineral bone, by medium.
    """

    code: str
    ids: NDArray[np.uint16]
    voxel_mm: tuple[float, float, float]
    organs: dict[int, IcrpOrgan]
    media: dict[int, IcrpMedium]
    spongiosa: dict[int, tuple[float, float]]

    def masses_g(self, ids: NDArray[np.uint16] | None = None) -> NDArray[np.float64]:
        """Mass of each organ number in `ids` (default: its own), g, [highest number + 1]; 0 if it is no organ."""
        size = max(*self.organs, int(self.ids.max())) + 1
        counts = np.bincount((self.ids if ids is None else ids).ravel(), minlength=size)
        density = np.zeros(counts.size)
        for number, organ in self.organs.items():
            density[number] = organ.density_g_cm3
        return counts * density * float(np.prod(self.voxel_mm)) / 1000.0


def read_icrp_files(
    path: Path,
    sex: str,
    *,
    age: str | None = None,
    shape: tuple[int, int, int] | None = None,
    voxel_mm: tuple[float, float, float] | None = None,
) -> IcrpFiles:
    """Read the files of one phantom.

    Parameters
    ----------
    path : Path
        Folder or archive.
    sex : str
        ``male`` or ``female``.
    age : str, optional
        ``adult``, ``newborn`` or ``1y`` …; needed where there are several of that sex.
    shape, voxel_mm : tuple of three, optional
        Columns, rows, slices, and voxel size in mm; default: those of the adults.

    Returns
    -------
    IcrpFiles

    Raises
    ------
    CtdoseError
        A file is missing, damaged or foreign; the files do not fit each other.
    """
    code = _find(path, sex, age)
    about = read_data("icrp_organs")["phantoms"].get(code, {})
    shape = shape or (tuple(about["shape"]) if about else None)  # type: ignore[assignment]
    voxel_mm = voxel_mm or (tuple(about["voxel_mm"]) if about else None)  # type: ignore[assignment]
    if voxel_mm is None:
        right = f"Give --voxel-mm dx,dy,dz, as the publication of {code} states it"
        raise CtdoseError(f"{path}: voxel_mm of {code} (unknown). {right}.")
    if shape is not None:
        check_shape(shape, f"{code}.dat")
    drop = read_data("icrp_organs")["left_out"] if about else ()
    files = _by_plain_name(path, read_files(path, lambda name: _code_of(name) == code))
    ids = read_ids(files, code, shape)
    names = {table: f"{code}_{table}.dat" for table in TABLES}
    organs = read_organs(files[names["organs"].lower()], names["organs"])
    organs = {number: organ for number, organ in organs.items() if number not in drop}
    media = read_media(files[names["media"].lower()], names["media"])
    spongiosa = read_spongiosa(files[names["spongiosa"].lower()], names["spongiosa"])
    _check(code, ids, organs, media)
    return IcrpFiles(code, ids, voxel_mm, organs, media, spongiosa)


def _by_plain_name(path: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    named: dict[str, bytes] = {}
    for name, content in files.items():
        found = _plain_name(name)
        if found is None:
            continue
        if found[1] in named:
            raise CtdoseError(f"{path}: {found[1]} (stands twice in it, as {name} too). Give one phantom.")
        named[found[1]] = content
    return named


def age_of(code: str) -> str:
    """Age that a phantom's code stands for: ``AM`` adult, ``00F`` newborn, ``05F`` 5y."""
    if not code[:2].isdigit():
        return "adult"
    return "newborn" if code[:2] == "00" else f"{int(code[:2])}y"


def _code_of(name: str) -> str | None:
    found = _plain_name(name)
    return None if found is None else found[0]


def _plain_name(name: str) -> tuple[str, str] | None:
    """Code of the phantom in a file's name, and the name that ICRP gives the adults' file of that kind."""
    found = _NAME.match(name)
    if found is None:
        return None
    age, sex, ending = found[1].upper(), found[2].upper(), found[3].lower()
    if age != "A":
        age = age.zfill(2)
        if age not in AGES:
            return None
    return f"{age}{sex}", f"{age}{sex}{ending}".lower()


def _find(path: Path, sex: str, age: str | None) -> str:
    names = [found[1] for name in file_names(path) if (found := _plain_name(name)) is not None]
    codes = sorted({code for name in names if (code := _code_of(name)) is not None})
    if not codes:
        right = "Give the folder or archive with AM.dat and AM_organs.dat, AF.dat and AF_organs.dat"
        raise CtdoseError(f"{path}: (no files of an ICRP phantom). {right}.")
    fitting = [code for code in codes if code[-1] == sex[0].upper() and (age is None or age_of(code) == age)]
    if not fitting:
        raise CtdoseError(
            f"{path}: sex={sex}{'' if age is None else f', age={age}'} (not among its phantoms). "
            f"It holds {', '.join(codes)}."
        )
    if len(fitting) > 1:
        ages = ", ".join(age_of(code) for code in fitting)
        raise CtdoseError(f"{path}: sex={sex} (several phantoms). Give --age, one of {ages}.")
    for table in TABLES:
        if f"{fitting[0]}_{table}.dat".lower() not in names:
            right = "Give all files of the phantom"
            raise CtdoseError(f"{path}: {fitting[0]}_{table}.dat (missing). {right}.")
    return fitting[0]


def _check(
    code: str, ids: NDArray[np.uint16], organs: dict[int, IcrpOrgan], media: dict[int, IcrpMedium]
) -> None:
    known = {0, *read_data("icrp_organs")["left_out"], *organs}
    strange = [int(number) for number in np.flatnonzero(np.bincount(ids.ravel())) if int(number) not in known]
    if strange:
        raise CtdoseError(
            f"{code}: id={strange[0]} (in the voxels, but not in {code}_organs.dat). Give files of one phantom."
        )
    if not np.isin(list(organs), ids).any():
        raise CtdoseError(f"{code}: (no voxel of an organ). Copy or download the files again.")
    for organ in organs.values():
        if organ.medium not in media:
            raise CtdoseError(
                f"{code}_organs.dat: medium={organ.medium} of {organ.name} (not in {code}_media.dat). "
                "Give files of one phantom."
            )
