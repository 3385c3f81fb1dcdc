"""The parts of a part file: name, type, shape and unit of every dataset, for the writer, the reader and the docs."""

from __future__ import annotations

from ctdose.results.result_layout import TEXT, Part

FORMAT = "ctdose-part"
FORMAT_VERSION = "1.0"
PART_SUFFIX = ".part"
"""Behind the name of a result: its checkpoint. Of a part by itself: the end of its name."""

BODY = "/bodies/*"
SUMS_UNIT = "2^-20 keV, 2^-24 keV^2"
PARTS = (
    Part("/exam_yaml", TEXT, (), "1"),
    Part("/scanner_yaml", TEXT, (), "1"),
    Part(f"{BODY}/numbers", "i8", ("batches",), "1"),
    Part(f"{BODY}/rows", "i8", ("batches", "acquisitions", "rows", 2), SUMS_UNIT),
    Part(f"{BODY}/counters", "i8", ("batches", "counters"), "1"),
    Part(f"{BODY}/views", "i8", ("views", "rows", 2), SUMS_UNIT, optional=True),
    Part(f"{BODY}/voxel_mask", "u1", ("bytes",), "1", optional=True),
    Part(f"{BODY}/voxel_sums", "i8", ("voxels", 2), SUMS_UNIT, optional=True),
)


def part_of(path: str) -> Part | None:
    """The part that a dataset is; None for one that this version does not know."""
    return next((part for part in PARTS if part.matches(path)), None)
