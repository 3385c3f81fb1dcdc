"""The connection to a Dask cluster: one that is there, or worker processes of this machine."""

from __future__ import annotations

import logging
import warnings
from types import TracebackType
from typing import Any

from ctdose.errors import CtdoseError
from ctdose.simulation.cluster.address import RIGHT, check_address, check_installed
from ctdose.simulation.cluster.versions import compare_versions, versions
from ctdose.simulation.cluster.worker import own_versions

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 2.0


class Connection:
    """A client of a Dask scheduler; used as a context.

    Made by `connect` and `start_workers`. Several threads may use one.

    Parameters
    ----------
    client : distributed.Client
    address : str
        Of the scheduler, for messages.
    own : distributed.LocalCluster, optional
        Ends with the connection.
    """

    def __init__(self, client: Any, address: str, own: Any = None) -> None:
        self.client, self.address = client, address
        self._own = own

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """For messages."""
        return "on this machine" if self._own is not None else f"at {self.address}"

    def close(self) -> None:
        """Leave the scheduler, and end the workers that were started here."""
        for each in (self.client, self._own):
            if each is not None:
                each.close()

    def threads(self) -> dict[str, int]:
        """Threads of each worker that begins tasks (none that is paused), by address; empty too if nobody answers."""
        if self.client.status != "running":
            return {}
        try:
            return dict(
                self.client.sync(self.client.scheduler.ncores_running, callback_timeout=ANSWER_SECONDS)
            )
        except (OSError, TimeoutError, ValueError):  # ValueError: the client was closed
            return {}

    def check_workers(self) -> None:
        """Check that the workers that are there now can add to one run.

        Raises
        ------
        CtdoseError
            One lacks ctdose, or has other versions.
        """
        found = self.client.run(own_versions, on_error="return")
        for address, there in found.items():
            if isinstance(there, OSError):  # it went just now; each task of one that comes looks for itself
                continue
            if isinstance(there, BaseException):
                raise without_ctdose(address, there)
            compare_versions(versions(), there, address)


def connect(address: str) -> Connection:
    """Connect to a scheduler.

    Parameters
    ----------
    address : str
        ``tcp://host:port``, or ``tls://host:port`` with the certificates that Dask's configuration names.

    Raises
    ------
    CtdoseError
        It is no address, nothing answers there, or its workers do not fit.
    MissingExtraError
        Dask is not installed.
    """
    check_address(address)
    distributed = _distributed()
    if address.startswith("tls://"):
        _check_certificates(distributed, address)
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        raise CtdoseError(f"scheduler={address} ({_reason(error)}). {RIGHT}") from None
    found = Connection(client, address)
    try:
        found.check_workers()
    except BaseException:
        found.close()
        raise
    return found


def start_workers(count: int) -> Connection:
    """Start worker processes on this machine, of one thread each; they talk encrypted, over the loopback alone.

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    """
    distributed = _distributed()
    import dask

    # Dask's profiler looks at every thread a hundred times a second, which costs the kernels some percent.
    with dask.config.set({"distributed.worker.profile.enabled": False}):
        cluster = distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,  # a map is no leak: nothing is spilled, nobody is restarted
            silence_logs=logging.CRITICAL,
            security=True,  # whoever may talk to a scheduler may run code: not every user of this machine
            preload=["ctdose.simulation.cluster.quiet"],
        )
    try:
        client = distributed.Client(cluster, set_as_default=False, direct_to_workers=True)
    except BaseException:
        cluster.close()
        raise
    return Connection(client, cluster.scheduler_address, cluster)


def _distributed() -> Any:
    check_installed()
    import distributed

    # What Dask has to say is said here in one line; its own warning of versions says nothing of ours.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)
    return distributed


def _check_certificates(distributed: Any, address: str) -> None:
    """Dask takes them from its configuration; without them it says so late, and at length."""
    right = "Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__CLIENT__CERT and …__CLIENT__KEY to three files."
    try:
        given = distributed.Security().get_connection_args("client").get("ssl_context")
    except OSError as error:
        why = f"its certificates cannot be read: {error.strerror or error}"
        raise CtdoseError(f"scheduler={address} ({why}). {right}") from None
    if given is None:
        raise CtdoseError(f"scheduler={address} (encrypted, and no certificates are named). {right}")


def _reason(error: BaseException) -> str:
    if isinstance(error, (OSError, TimeoutError)):
        return f"no Dask scheduler answers there within {CONNECT_SECONDS:g} s"
    return (str(error).splitlines() or [type(error).__name__])[0]


def without_ctdose(address: str, error: BaseException) -> CtdoseError:
    """What to say of a worker that cannot import what it is to run."""
    said = (str(error).splitlines() or [""])[0]
    return CtdoseError(
        f"worker {address} (cannot run ctdose: {type(error).__name__}: {said}). "
        'Install there what is installed here: pip install "ctdose[cluster]".'
    )
