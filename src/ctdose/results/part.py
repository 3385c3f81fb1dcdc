"""A part of a run in memory: the sums of some of its batches, and what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ctdose.simulation.hit_voxels import HitVoxels
from ctdose.simulation.sums import Sums


@dataclass(frozen=True)
class BodyPart:
    """What is done of one body.

    Attributes
    ----------
    sums : Sums
        Without a map, if it is packed.
    identity : mapping of str to str
        Of its job: what the sums depend on.
    hits : HitVoxels or None
        The map, packed: a third of the memory, and what a file keeps.
    """

    sums: Sums
    identity: Mapping[str, str]
    hits: HitVoxels | None = None

    def packed(self) -> BodyPart:
        """The same with its map packed, if it has one."""
        if self.sums.voxels is None:
            return self
        return replace(self, sums=replace(self.sums, voxels=None), hits=HitVoxels.of(self.sums.voxels))

    def whole(self) -> Sums:
        """The sums with their map, if there is one."""
        return self.sums if self.hits is None else replace(self.sums, voxels=self.hits.voxels())


@dataclass(frozen=True)
class RunPart:
    """Some of the batches of a run.

    Attributes
    ----------
    exam : str
        Title.
    exam_yaml, scanner_yaml : str
        The resolved exam, and the scanner, as a result keeps them.
    exam_sha256 : str
    histories : int
        That the whole run was asked for.
    seconds : float
        Wall time so far.
    device : str
        ``cpu`` or ``cuda``.
    bodies : dict of str to BodyPart
        Those of which anything is done.
    """

    exam: str
    exam_yaml: str
    scanner_yaml: str
    exam_sha256: str
    histories: int
    seconds: float = 0.0
    device: str = "cpu"
    bodies: Mapping[str, BodyPart] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Histories that are in, of all bodies."""
        return sum(body.sums.histories for body in self.bodies.values())
