"""What the command line asks of a run, beside the exam."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.exam_name import check_exam_name
from ctdose.cli.messages import say
from ctdose.execution.checkpoint import EVERY_SECONDS, Checkpoint

if TYPE_CHECKING:
    from ctdose.exam.model import Exam
    from ctdose.execution.prepared import PreparedExam
    from ctdose.results.part import RunPart

SUFFIX = ".h5"


@dataclass(frozen=True)
class Wanted:
    """What the command line changes of an exam's simulation; None leaves it as it is.

    `checkpoint_seconds` is infinite where no checkpoint is wanted but the one of an interrupted run.
    """

    histories: int | None = None
    threads: int | None = None
    seed: int | None = None
    target: float | None = None
    dose_map: bool = True
    device: str = "cpu"
    checkpoint_seconds: float = EVERY_SECONDS
    keep_checkpoint: bool = False
    fresh: bool = False

    def exam(self, source: str) -> Exam:
        """The exam with these changes.

        Raises
        ------
        CtdoseError
            It is wrong.
        """
        from ctdose.exam.library import load_exam

        return load_exam(check_exam_name(source)).with_simulation(
            histories=self.histories, seed=self.seed, target_relative_standard_error=self.target
        )

    def checkpoint(self, path: Path, ready: PreparedExam, stored: RunPart | None) -> Checkpoint:
        """What keeps the run; `stored` is what it goes on from."""
        return Checkpoint(
            path, ready, stored, seconds=self.checkpoint_seconds, device=self.device, notice=say
        )


def default_output(source: str, suffix: str = SUFFIX) -> Path:
    """The exam's name in the current folder."""
    return Path(Path(source).name.removesuffix(".yaml").removesuffix(".yml") + suffix)
