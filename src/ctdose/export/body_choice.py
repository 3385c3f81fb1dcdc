"""Which body of a result is meant: maps are of one."""

from __future__ import annotations

from ctdose.errors import CtdoseError, nearest
from ctdose.results.result import BodyResult, Result


def chosen_body(result: Result, name: str | None = None) -> BodyResult:
    """The body of a name; without a name, the only one.

    Raises
    ------
    CtdoseError
        No body has the name, or there are several and none is named.
    """
    bodies = result.bodies
    if name is not None:
        if name not in bodies:
            raise CtdoseError(
                f"body={name} (the result has none of this name). {nearest(name, list(bodies))}"
            )
        return bodies[name]
    if len(bodies) != 1:
        known = ", ".join(bodies)
        raise CtdoseError(
            f"body (none is named, and the result has {len(bodies)}: {known}). Name one: --body NAME."
        )
    return next(iter(bodies.values()))
