"""How a study tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the stage, the batches done and those wanted."""


def stage_of(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    """Name the stage in the reports of a runner."""
    return None if progress is None else lambda done, wanted: progress(stage, done, wanted)
