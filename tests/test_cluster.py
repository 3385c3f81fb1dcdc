"""A Dask cluster of real worker processes: the bits of a local run, whatever becomes of the workers."""

import functools
import importlib.util
import os
import signal
import sys
import time
from pathlib import Path

import pytest

import ctdose
from ctdose.cli.main import main
from ctdose.errors import CtdoseError
from ctdose.execution.checkpoint import Checkpoint
from ctdose.execution.exam_run import run_exam
from ctdose.execution.prepared import prepare
from ctdose.results.part_file import load_part

distributed = pytest.importorskip("distributed", reason='no Dask: pip install "ctdose[cluster]"')
pytest.importorskip("cryptography", reason='no cryptography: pip install "ctdose[cluster]"')

from ctdose.simulation.cluster import connection as connections  # noqa: E402
from ctdose.simulation.cluster import tasks  # noqa: E402
from ctdose.simulation.cluster.connection import connect, start_workers  # noqa: E402
from ctdose.simulation.cluster.executor import Cluster  # noqa: E402

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)
# Dask closes its sockets in its own time, some of them in the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
BATCH = broken.BATCH
BATCHES = 16


@pytest.fixture(scope="module")
def scheduler():
    """The address of a cluster of two processes, as an administrator would have started it."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", memory_limit=0, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def folder(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    (tmp_path / "mine.yaml").write_text(broken.EXAM.replace("500_000", str(BATCHES * BATCH)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> int:
    return main(["run", "mine.yaml", "-o", "a.h5", *words])


@functools.cache
def here():
    """The same exam, simulated by this process alone."""
    return ctdose.simulate("mine.yaml")


def pids(connection) -> list[int]:
    return list(connection.client.run(os.getpid, on_error="ignore").values())


def wait_for_another(connection, before: list[int]) -> None:
    """Wait until a process has taken the place of one that was killed."""
    deadline = time.monotonic() + 60.0
    while set(pids(connection)) <= set(before):
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Once:
    """A progress report that does something when so many batches are done."""

    def __init__(self, count: int, act) -> None:
        self.count, self.act, self.acted = count, act, False

    def __call__(self, stage: str, done: int, wanted: int) -> None:
        if done >= self.count and not self.acted:
            self.acted = True
            self.act()


def test_a_cluster_gives_the_bits_of_this_process(folder, scheduler, capsys):
    assert run("--scheduler", scheduler) == 0
    error = capsys.readouterr().err.splitlines()
    assert error[0] == f"Cluster at {scheduler}: 2 workers, 2 threads."
    assert error[-1] == "Wrote a.h5."
    assert sorted(path.name for path in folder.iterdir()) == ["a.h5", "mine.yaml"]
    broken.assert_same_bits(ctdose.load_result("a.h5"), here())


@pytest.mark.usefixtures("folder")
def test_a_part_of_a_run_on_a_cluster(scheduler):
    for part, place in (("1/2", ["--scheduler", scheduler]), ("2/2", [])):
        assert main(["run", "mine.yaml", "--batches", part, "-o", f"{part[0]}.part", *place]) == 0
    assert main(["merge", "1.part", "2.part", "-o", "a.h5"]) == 0
    broken.assert_same_bits(ctdose.load_result("a.h5"), here())


@pytest.mark.usefixtures("folder")
def test_with_a_target_and_a_worker_killed_in_a_round(scheduler):
    exam = ctdose.load_exam("mine.yaml").with_simulation(
        target_relative_standard_error=0.001, target_organs=["water"], histories=10**8
    )
    with connect(scheduler) as connection:
        before = pids(connection)
        kill = Once(10, lambda: os.kill(before[0], signal.SIGKILL))  # in the second round
        found = run_exam(prepare(exam), Cluster(connection), progress=kill)
        assert kill.acted
        wait_for_another(connection, before)
    assert found.histories > 8 * BATCH
    broken.assert_same_bits(found, ctdose.simulate(exam))


@pytest.mark.usefixtures("folder")
def test_the_only_worker_is_killed_and_with_it_the_tables():
    ready = prepare("mine.yaml").with_simulation(histories=6 * BATCH)
    with start_workers(1) as connection:
        assert connection.address.startswith("tls://127.0.0.1:")
        (before,) = pids(connection)
        kill = Once(2, lambda: os.kill(before, signal.SIGKILL))
        found = run_exam(ready, Cluster(connection), progress=kill)
        assert pids(connection) != [before]  # it was that one which finished
        do_not_wait_for_an_answer_of_the_dead(connection)
    broken.assert_same_bits(found, ctdose.simulate(ready))


def do_not_wait_for_an_answer_of_the_dead(connection) -> None:
    """A worker ends a task and dies before the answer is taken: one goes on without it at once."""
    ((worker, process),) = connection.client.run(os.getpid).items()
    with tasks.Tasks(connection, None) as sent:
        sent.fetch(worker, {1})
        (future,) = sent._pending
        while not future.done():
            time.sleep(0.02)
        os.kill(process, signal.SIGKILL)
        while worker in connection.threads():
            time.sleep(0.02)
        begin = time.monotonic()
        assert sent.wait(30.0) is None
        assert time.monotonic() - begin < 10.0
        assert sent.asked == {worker}
        sent.give_up(worker)
        assert len(sent) == 0


def test_ctrl_c_keeps_what_the_workers_have_done(folder, scheduler):
    def press():
        raise KeyboardInterrupt

    ready = prepare("mine.yaml")
    checkpoint = Checkpoint(folder / "c", ready)
    with connect(scheduler) as connection:
        executor = Cluster(connection)
        partial = run_exam(ready, executor, checkpoint=checkpoint, progress=Once(3, press))
    assert executor.interrupted
    assert not partial.complete
    checkpoint.write()
    assert 3 * BATCH <= load_part(folder / "c").done < BATCHES * BATCH
    broken.assert_same_bits(ctdose.simulate(ready, checkpoint="c"), here())


def test_all_workers_are_lost(folder, scheduler, capsys, monkeypatch):
    """One line, exit code 1, and what was done is kept; the same command goes on without a cluster."""
    from ctdose.cli import progress

    monkeypatch.setattr(tasks, "PATIENCE_SECONDS", 0.3)
    report = progress.ProgressReport.__call__
    gone = []

    def look(self):
        return {} if gone else before(self)

    def lose(self, stage, done, wanted):
        if (folder / "a.h5.part").exists():
            gone.append(True)
        report(self, stage, done, wanted)

    before = connections.Connection.threads
    with monkeypatch.context() as patch:
        patch.setattr(connections.Connection, "threads", look)
        patch.setattr(progress.ProgressReport, "__call__", lose)
        assert run("--scheduler", scheduler, "--histories", "1e9", "--checkpoint-every", "0.1") == 1
    lines = capsys.readouterr().err.splitlines()
    assert f"No worker at {scheduler}; waiting for one." in lines
    assert any(line.startswith(f"Stopped by the loss of all workers at {scheduler}: ") for line in lines)
    done = load_part(folder / "a.h5.part").done
    assert ctdose.load_result("a.h5").histories == done > 0
    last = max(load_part(folder / "a.h5.part").bodies["water-cylinder"].sums.batches)
    wanted = str((int(last) + 3) * BATCH)
    assert run("--histories", wanted) == 0
    broken.assert_same_bits(ctdose.load_result("a.h5"), ctdose.simulate("mine.yaml", histories=int(wanted)))


@pytest.mark.usefixtures("folder")
def test_the_scheduler_ends(capsys, monkeypatch):
    from ctdose.cli import progress

    monkeypatch.setattr(tasks, "PATIENCE_SECONDS", 0.3)
    report = progress.ProgressReport.__call__
    cluster = distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    )

    def end(self, stage, done, wanted):
        if Path("a.h5.part").exists():
            cluster.close()
        report(self, stage, done, wanted)

    monkeypatch.setattr(progress.ProgressReport, "__call__", end)
    with cluster:
        address = cluster.scheduler_address
        assert run("--scheduler", address, "--histories", "1e9", "--checkpoint-every", "0.1") == 1
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith(f"Stopped by the loss of the scheduler at {address}: ") for line in lines)
    assert ctdose.load_result("a.h5").histories == load_part("a.h5.part").done > 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1"])
def test_a_scheduler_that_is_not_there(capsys, monkeypatch, address):
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.3)
    assert run("--scheduler", address) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"scheduler={address} (no Dask scheduler answers there within 0.3 s). {connections.RIGHT}"
    ]
    assert os.listdir() == ["mine.yaml"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("ca_file", "why"),
    [
        (None, "encrypted, and no certificates are named"),
        ("gone.pem", "its certificates cannot be read: No such file or directory"),
    ],
)
def test_an_encrypted_scheduler_needs_certificates(capsys, ca_file, why):
    import dask

    with dask.config.set(
        {f"distributed.comm.tls.{k}": ca_file for k in ("ca-file", "client.cert", "client.key")}
    ):
        assert run("--scheduler", "tls://127.0.0.1:1") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"scheduler=tls://127.0.0.1:1 ({why}). Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE")


@pytest.mark.usefixtures("folder")
def test_workers_with_another_version_are_refused(scheduler, capsys, monkeypatch):
    here = {**connections.versions(), "numba": "0.1"}
    monkeypatch.setattr(connections, "versions", lambda: here)
    assert run("--scheduler", scheduler) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("worker tcp://127.0.0.1:")
    assert line.endswith(" there, 0.1 here). Install the same versions in both places.")
    assert "(numba: " in line
    assert os.listdir() == ["mine.yaml"]


def test_so_is_one_that_comes_later_and_what_was_done_stays(folder, scheduler, capsys, monkeypatch):
    """The task itself looks: here it is sent by a client whose version changes meanwhile."""
    from ctdose.cli import progress

    right, wrong = connections.versions(), {**connections.versions(), "kernels": "0123"}
    found = [right]
    report = progress.ProgressReport.__call__

    def change(self, stage, done, wanted):
        if done >= 2:
            found.append(wrong)
        report(self, stage, done, wanted)

    monkeypatch.setattr(tasks, "versions", lambda: found[-1])
    monkeypatch.setattr(progress.ProgressReport, "__call__", change)
    assert run("--scheduler", scheduler, "--histories", "1e9") == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("worker tcp://127.0.0.1:")
    assert f"(kernels: {right['kernels']} there, 0123 here)" in line
    assert load_part(folder / "a.h5.part").done >= 2 * BATCH


def test_an_error_of_a_worker_is_the_client_s(scheduler, folder):
    """A majorant that is too small is found there and told here."""
    from ctdose.execution.body_setup import set_up_body
    from ctdose.execution.calibrated import calibrate_exam

    ready = prepare("mine.yaml")
    job = set_up_body(ready, ready.phantoms[0], calibrate_exam(ready, 1)).job
    small = job.tables.attenuation._replace(majorant=job.tables.attenuation.majorant * 0.5)
    wrong = type(job)(job.body, job.tables._replace(attenuation=small), job.acquisitions, job.bins, {})
    with connect(scheduler) as connection, pytest.raises(CtdoseError, match="mu exceeded the majorant"):
        list(Cluster(connection).run(wrong, [0, 1]))


MANIFEST = """\
name,exam,tube_current_ma
a,First,100
b,Second,150
c,Equal to the first,100
d,Wrong,9999
e,Fifth,120
"""


def test_exams_of_a_batch_share_a_cluster(folder, scheduler, capsys):
    (folder / "m.csv").write_text(MANIFEST)
    words = ["batch", "m.csv", "--template", "mine.yaml", "--histories", "1e5"]
    assert main([*words, "-o", "cluster", "--scheduler", scheduler]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "5 exams: 3 simulated, 1 equal to another, 0 there already, 1 failed."
    assert "a: water-cylinder …" in lines or "c: water-cylinder …" in lines
    assert main([*words, "-o", "here"]) == 1
    tables = [(folder / place / "summary.csv").read_text().splitlines() for place in ("cluster", "here")]
    assert [line.split(",")[0] for line in tables[0]] == ["name", "a", "b", "c", "d", "e"]
    for name in "abce":
        found, wanted = (ctdose.load_result(folder / place / f"{name}.h5") for place in ("cluster", "here"))
        broken.assert_same_bits(found, wanted)


def test_a_batch_that_is_stopped_on_a_cluster_goes_on(folder, scheduler, capsys, monkeypatch):
    from ctdose.cli import progress

    (folder / "m.csv").write_text(
        "name,tube_current_ma,histories\na,100,1e5\nb,150,1e9\nc,160,1e9\nd,170,1e9\ne,180,1e9\n"
    )
    words = ["batch", "m.csv", "--template", "mine.yaml", "-o", "out"]
    report = progress.ProgressReport.__call__

    def stop(self, stage, done, wanted):
        if wanted > 2 and done >= 2:
            os.kill(os.getpid(), signal.SIGTERM)
        report(self, stage, done, wanted)

    with monkeypatch.context() as patch:
        patch.setattr(progress.ProgressReport, "__call__", stop)
        assert main([*words, "--scheduler", scheduler]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "Stopped by SIGTERM: the same command goes on."
    assert any((folder / "out" / f"{name}.h5.part").exists() for name in "bc")
    assert not (folder / "out" / "e.h5").exists()
    (folder / "m.csv").write_text("name,tube_current_ma,histories\na,100,1e5\n")
    assert main([*words, "--scheduler", scheduler]) == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_on_the_terminal_does_not_kill_the_workers(folder):
    """The terminal sends it to the workers too; they leave the answer to the run."""
    import subprocess

    script = "if __name__ == '__main__':\n" + "".join(f"    {line}\n" for line in broken.COMMAND.splitlines())
    (folder / "run.py").write_text(script)
    words = ["run", "mine.yaml", "--workers", "2", "--histories", "1e10", "--checkpoint-every", "1"]
    process = subprocess.Popen(
        [sys.executable, "run.py", *words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (folder / "mine.h5.part").exists():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "Stopped by Ctrl-C: " in error
    assert "Traceback" not in error
    assert not ctdose.load_result(folder / "mine.h5").complete
