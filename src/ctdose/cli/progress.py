"""How far a run is: stages, histories per second, time left."""

from __future__ import annotations

from collections.abc import Mapping

from ctdose.cli.display import Display
from ctdose.cli.pace import Pace
from ctdose.cli.rates import clock

CALIBRATION = "calibration"
"""What the names of the stages before the bodies begin with."""
IMAGE_NOISE = "image noise"
"""The stage of a study that has variants to count, not batches of histories."""

CALIBRATING = (
    "Calibrating once (some 20 s), for a beam not used here before; kept in the cache for later runs."
)
COMPILING = "Compiling once (about 30 s); kept in the cache for later runs."


class ProgressReport:
    """Takes the reports of `ctdose.simulate` and shows them.

    Parameters
    ----------
    display : Display
    bodies : tuple of str
        Names of the bodies in the order of the run; they share the histories evenly.
    compiled : bool
        Whether the kernels' machine code is in the cache.
    before : mapping of str to int, optional
        Batches of each body that a checkpoint holds: they were not simulated now.
    """

    def __init__(
        self,
        display: Display,
        bodies: tuple[str, ...],
        *,
        compiled: bool,
        before: Mapping[str, int] | None = None,
    ) -> None:
        self._before = before or {}
        self._display, self._bodies, self._compiled = display, bodies, compiled
        self._stage, self._round, self._done = "", 0, 0
        self._pace = Pace()
        self._said_compiling = self._said_calibrating = False

    def __call__(self, stage: str, done: int, wanted: int) -> None:
        """Show one report: batches done and wanted of a stage, which may come in rounds."""
        if stage != self._stage:
            self._begin(stage, 1)
        elif done < self._done:
            self._begin(stage, self._round + 1)
        self._done = done
        fresh = max(0, done - self._before.get(stage, 0))
        self._pace.update(fresh)
        self._compiling(fresh)
        self._display.update(self._title, done / wanted if wanted else 1.0, self._text(done, wanted))

    @property
    def rate(self) -> float | None:
        """Histories per second of the last stage; None before a batch was done."""
        return self._pace.rate

    @property
    def _title(self) -> str:
        return self._stage if self._round == 1 else f"{self._stage}, round {self._round}"

    def _begin(self, stage: str, number: int) -> None:
        if stage.startswith(CALIBRATION) and not self._said_calibrating:
            self._said_calibrating = True
            self._display.note(CALIBRATING)
        self._stage, self._round, self._pace = stage, number, Pace()
        self._display.begin(self._title)

    def _compiling(self, done: int) -> None:
        if self._compiled:
            return
        if done == 0 and not self._said_compiling:
            self._said_compiling = True
            self._display.note(COMPILING)
        if done > 0:
            from ctdose.simulation.compiled import mark_compiled

            self._compiled = True
            mark_compiled()

    def _text(self, done: int, wanted: int) -> str:
        rate = self._pace.rate
        if not rate or self._stage == IMAGE_NOISE:
            return ""
        after = self._bodies[self._bodies.index(self._stage) + 1 :] if self._stage in self._bodies else ()
        left = self._pace.seconds_for(wanted - done + len(after) * wanted)
        speed = f"{rate / 1e6:.2f} M histories/s"
        return f"{speed}, {clock(left)} left" if left else speed
