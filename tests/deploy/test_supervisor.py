import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from deploy.local.supervisor import Managed, Supervisor

FOREVER = "import time; print('up', flush=True); time.sleep(60)"


def make_managed(name, code=FOREVER):
    return Managed(name, [sys.executable, "-c", code], dict(os.environ))


@pytest.fixture
def supervise(tmp_path):
    running = []

    def start(*managed):
        supervisor = Supervisor(managed, tmp_path)
        supervisor.start()
        watcher = threading.Thread(target=supervisor.watch)
        watcher.start()
        running.append((supervisor, watcher))
        return supervisor

    yield start
    for supervisor, watcher in running:
        supervisor.stop()
        watcher.join()


def wait_for(condition):
    while not condition():
        time.sleep(0.02)


def pid_of(tmp_path, name):
    return int((tmp_path / "run" / f"{name}.pid").read_text())


def test_a_killed_process_comes_back(supervise, tmp_path):
    supervise(make_managed("one"))
    first = pid_of(tmp_path, "one")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: pid_of(tmp_path, "one") != first)


def test_stop_ends_every_process(supervise, tmp_path):
    managed = [make_managed("one"), make_managed("two")]
    supervisor = supervise(*managed)
    supervisor.stop()
    wait_for(lambda: all(one.process.poll() is not None for one in managed))


def test_a_process_that_keeps_dying_is_named_with_its_last_words(supervise):
    supervisor = supervise(make_managed("bad", "print('no key', flush=True); raise SystemExit(3)"))
    wait_for(lambda: supervisor.struggling() is not None)
    assert supervisor.struggling().name == "bad"
    assert supervisor.newest_words("bad") == "no key"


def test_the_children_of_a_killed_supervisor_end(tmp_path):
    script = (
        "import sys, os; from pathlib import Path; from deploy.local.supervisor import Managed, Supervisor\n"
        f"one = Managed('one', [sys.executable, '-c', {FOREVER!r}], dict(os.environ))\n"
        f"s = Supervisor([one], Path({str(tmp_path)!r}))\n"
        "s.start(); print('started', flush=True); s.watch()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        child = pid_of(tmp_path, "one")
        parent.kill()
    wait_for(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
