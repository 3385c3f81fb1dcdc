"""Right files of every kind, from which wrong ones are made; and a small body that exams can be prepared on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ctdose.exam.library import exam_names, exam_text
from ctdose.phantoms import Anatomy, Organ, VoxelPhantom
from ctdose.phantoms.anatomy import SCAN_REGIONS
from ctdose.phantoms.phantom_file import save_phantom
from ctdose.physics.materials import Material
from ctdose.results.part import BodyPart, RunPart
from ctdose.results.part_file import save_part
from ctdose.scanner.library import scanner_names, scanner_text
from ctdose.seal import MARK, SEAL_BYTES
from ctdose.simulation.sums import Sums
from ctdose.study.library import study_names, study_text
from ctdose.study.study_file import save_study
from made_results import make_result
from made_studies import make_study

ACQUISITIONS = Path(__file__).with_name("data") / "fuzz_acquisitions.yaml"
WRONG_EXAMS = Path(__file__).with_name("data") / "wrong_exams"
CURRENT = "z_mm,angle_deg,tube_current_ma\n" + "".join(
    f"{z},{angle},{200 + z / 10 + angle / 9}\n" for z in range(-400, 401, 200) for angle in (0, 90, 180, 270)
)


def small_body() -> VoxelPhantom:
    """A cylinder of water with every region, 80 cm long, of voxels of 20 mm."""
    z, y, x = np.indices((40, 15, 15))
    inside = np.hypot(x - 7, y - 7) < 7
    ranges = {word: (-300.0 + 10 * i, 100.0 + 20 * i) for i, word in enumerate(SCAN_REGIONS)}
    return VoxelPhantom(
        inside.astype(np.uint8),
        [Material("air"), Material("water")],
        (20.0, 20.0, 20.0),
        (-140.0, -140.0, -390.0),
        np.where(inside, 1 + (z > 19), 0),
        name="small body",
        organs=(Organ(1, "liver", "liver", "10200004", 1800.0), Organ(2, "left_lung", "lung", note="é")),
        anatomy=Anatomy(
            "small", "female", False, groups={"lungs": ("left_lung",)}, scan_ranges_mm=ranges, arms="raised"
        ),
    )


def fill(folder: Path) -> None:
    """Put what the inputs refer to into their folder."""
    folder.mkdir(exist_ok=True)
    save_phantom(small_body(), folder / "body.h5", overwrite=True)
    (folder / "template.yaml").write_text(yaml.safe_dump(exam_mappings()[0], sort_keys=False))
    (folder / "current.csv").write_text(CURRENT)
    table = yaml.safe_dump(exam_mappings()[-1], sort_keys=False).replace("current.csv", "input.csv")
    (folder / "table.yaml").write_text(table)


@cache
def exam_mappings() -> list[dict[str, Any]]:
    """The shipped exams and one of each mode on the small body; the last has a table of currents in a file."""
    found = []
    for name in ("chest", *exam_names()):
        data = yaml.safe_load(exam_text(name))
        data["phantom"] = "body.h5"
        found.append(data)
    table = found[0] | {
        "acquisitions": [found[0]["acquisitions"][0] | {"modulation": {"table": "current.csv"}}]
    }
    del table["acquisitions"][0]["tube_current_ma"]
    return [*found, *_of_every_mode(), table]


def _of_every_mode() -> list[dict[str, Any]]:
    found = []
    for acquisition in yaml.safe_load(ACQUISITIONS.read_text())["acquisitions"]:
        scanner = "generic-dual-source" if "second_tube" in acquisition else "generic-64"
        data = {
            "exam": "Mode",
            "phantom": "body.h5",
            "scanner": scanner,
            "off_centre_mm": [0, 20],
            "table": True,
        }
        found.append(
            {**data, "acquisitions": [{"name": "a", **acquisition}], "simulation": {"histories": 1000}}
        )
    return found


@cache
def exam_texts() -> list[bytes]:
    """Files of exams as they are, right and wrong ones."""
    right = [exam_text(name).encode() for name in exam_names()]
    return right + [path.read_bytes() for path in sorted(WRONG_EXAMS.glob("*.y*ml"))]


@cache
def study_mappings() -> list[dict[str, Any]]:
    return [yaml.safe_load(study_text(name)) for name in study_names()]


@cache
def scanner_mappings() -> list[dict[str, Any]]:
    return [yaml.safe_load(scanner_text(name)) for name in scanner_names()]


@cache
def hdf5_base(kind: str, folder: Path) -> bytes:
    """The bytes of a right file of a kind."""
    path = folder / f"{kind}.h5"
    if kind == "phantom":
        save_phantom(small_body(), path)
    elif kind == "result":
        make_result().save(path)
    elif kind == "study_result":
        save_study(make_study(("adult-male", "adult-female")), path)
    else:
        save_part(_part(), path)
    data = path.read_bytes()
    assert data[-SEAL_BYTES:].startswith(MARK)
    return data


def _part() -> RunPart:
    random = np.random.default_rng(3)
    sums = Sums(
        batches=np.array([0, 1, 4]),
        rows=random.integers(0, 2**60, (3, 1, 5, 2)),
        voxels=random.integers(0, 2, (4, 3, 5, 2)) * random.integers(0, 2**40, (4, 3, 5, 2)),
        counters=random.integers(0, 99, (3, 8)),
        transport_seconds=1.5,
        views=random.integers(0, 2**40, (2, 5, 2)),
    )
    identity = {"exam": "e" * 64, "seed": "1", "tables": "t" * 64}
    return RunPart(
        "Water",
        "exam: Water\n",
        "scanner: x\n",
        "e" * 64,
        10**6,
        1.0,
        bodies={"water": BodyPart(sums, identity)},
    )
