"""What the command line asks of a run, beside the exam."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctdose.cli.exam_name import check_exam_name
from ctdose.cli.messages import say
from ctdose.cli.typed_numbers import parse_histories, parse_number, parse_seed, parse_threads, parse_workers
from ctdose.errors import CtdoseError
from ctdose.execution.checkpoint import ADVICE, EVERY_SECONDS, Checkpoint

if TYPE_CHECKING:
    from ctdose.exam.model import Exam
    from ctdose.execution.prepared import PreparedExam
    from ctdose.results.part import RunPart

SUFFIX = ".h5"


@dataclass(frozen=True)
class Wanted:
    """What the command line changes of an exam's simulation, and where it runs; None leaves it as it is.

    `checkpoint_seconds` is infinite where no checkpoint is wanted but the one of an interrupted run. `scheduler` is
    the address of a Dask cluster; `workers` are processes to be started here.
    """

    histories: int | None = None
    threads: int | None = None
    seed: int | None = None
    target: float | None = None
    dose_map: bool = True
    device: str = "cpu"
    scheduler: str | None = None
    workers: int | None = None
    checkpoint_seconds: float = EVERY_SECONDS
    keep_checkpoint: bool = False
    fresh: bool = False

    @property
    def changes(self) -> dict[str, int | float | None]:
        """Keys under `simulation` that differ from the exam's."""
        return {
            "histories": self.histories,
            "seed": self.seed,
            "target_relative_standard_error": self.target,
        }

    def exam(self, source: str) -> Exam:
        """The exam with these changes.

        Raises
        ------
        CtdoseError
            It is wrong.
        """
        from ctdose.exam.library import load_exam

        return load_exam(check_exam_name(source)).with_simulation(**self.changes)

    def checkpoint(
        self, path: Path, ready: PreparedExam, stored: RunPart | None, advice: str = ADVICE
    ) -> Checkpoint:
        """What keeps the run; `stored` is what it goes on from."""
        return Checkpoint(
            path,
            ready,
            stored,
            seconds=self.checkpoint_seconds,
            device=self.device,
            advice=advice,
            notice=say,
        )


def typed(
    *,
    histories: str | None,
    target_error: str | None,
    threads: str | None,
    scheduler: str | None,
    workers: str | None,
    seed: str | None,
    device: str,
    checkpoint_every: str,
    **rest: Any,
) -> Wanted:
    """Read what was typed.

    Raises
    ------
    CtdoseError
        One of them is wrong, or two exclude each other.
    """
    from ctdose.simulation.cuda_device import check_device

    wanted = Wanted(
        histories=None if histories is None else parse_histories(histories),
        target=None if target_error is None else _target(target_error),
        threads=None if threads is None else parse_threads(threads),
        scheduler=scheduler,
        workers=None if workers is None else parse_workers(workers),
        seed=None if seed is None else parse_seed(seed),
        device=device,
        checkpoint_seconds=_seconds(checkpoint_every),
        **rest,
    )
    check_device(device)
    _check_cluster(wanted)
    return wanted


def _target(text: str) -> float:
    return parse_number("target_error", text, 1e-5, 0.5, "For example 0.01.")


def _seconds(text: str) -> float:
    """Interval of the checkpoints; infinite for none."""
    return parse_number("checkpoint_every", text, 0.0, 86400.0, "30, or 0 for none.") or math.inf


def _check_cluster(wanted: Wanted) -> None:
    if wanted.scheduler is None and wanted.workers is None:
        return
    from ctdose.simulation.cluster.address import check_address, check_installed

    if wanted.scheduler is not None and wanted.workers is not None:
        raise CtdoseError("--workers (a cluster with --scheduler has its own). Leave one of them out.")
    if wanted.device != "cpu":
        raise CtdoseError(f"device={wanted.device} (workers of a cluster use their processors). Write cpu.")
    if wanted.scheduler is not None:
        check_address(wanted.scheduler)
    check_installed()


def default_output(source: str, suffix: str = SUFFIX) -> Path:
    """The exam's name in the current folder."""
    return Path(Path(source).name.removesuffix(".yaml").removesuffix(".yml") + suffix)
