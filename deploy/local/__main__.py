"""`python -m deploy.local run | setup | supervise`: see `make help`."""

import argparse
import fcntl
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.checks import check_disk, check_ports
from deploy.local.progress import run_steps
from deploy.local.settings import ROOT, Settings, SetUpError, app_python, say
from deploy.local.steps import steps_to_run, steps_to_test
from deploy.local.supervisor import Supervisor, processes, stop_on_signals

READY_SECONDS = 180


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 1 after one line that says what to do."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("what", choices=["run", "setup", "supervise"])
    parser.add_argument("--tests", action="store_true", help="with setup: what the tests need as well")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.read()
        if options.what == "setup":
            set_up(settings, tests=options.tests)
        else:
            check_ports(settings)
            if options.what == "run":
                set_up(settings, tests=False)
            return serve(settings)
    except SetUpError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def set_up(settings: Settings, *, tests: bool) -> None:
    """Make what is missing or out of date, one set-up at a time on a checkout."""
    check_disk()
    with _alone():
        run_steps(steps_to_test() if tests else steps_to_run(settings), settings.logs)


def serve(settings: Settings) -> int:
    """Start everything, say where to click, and stay until stopped."""
    say("  … opening the customer store")
    lines = _prepare_store(settings)
    supervisor = Supervisor(processes(settings), settings.var)
    stop_on_signals(supervisor)
    supervisor.start()
    watcher = threading.Thread(target=supervisor.watch)
    watcher.start()
    came_up = _wait_until_ready(settings, supervisor, watcher)
    if came_up:
        _say_where(settings, lines)
    else:
        say("\n".join(lines))  # a password among them is made only once
    while watcher.is_alive():
        watcher.join(1)
    say("Careline has stopped.")
    return 0 if came_up else 1


def _prepare_store(settings: Settings) -> list[str]:
    """Bring the store to today's schema, with demo customers if it is empty and somebody who may use the desk.

    Returns what to tell about them. The password among it is in no log: it is told once, at this terminal.
    """
    printed: list[str] = []
    for command in (["init"], ["demo", "--customers", str(settings.demo_customers)], ["staff", "first"]):
        done = subprocess.run(
            [app_python(), "-m", "crm", *command], cwd=ROOT, env=settings.process_environment(),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise SetUpError(f"The customer store could not be opened: {said[-1] if said else 'no reason given'}")
        printed += done.stdout.splitlines()
    return [line for line in printed if line.startswith(("demo customer:", "desk:"))]


def _wait_until_ready(settings: Settings, supervisor: Supervisor, watcher: threading.Thread) -> bool:
    began, told = time.monotonic(), 0.0
    while watcher.is_alive():
        reasons = _not_ready(settings)
        waited = time.monotonic() - began
        if not reasons:
            return True
        struggling = supervisor.struggling()
        if struggling or waited > READY_SECONDS:
            name = struggling.name if struggling else "gateway"
            sys.stderr.write(f"Careline does not come up: {name}: {supervisor.newest_words(name)}\n")
            supervisor.stop()
            return False
        if waited - told > 5:
            told = waited
            say(f"  … starting, {waited:.0f} s: {reasons}")
        time.sleep(0.25)
    return False


def _not_ready(settings: Settings) -> str:
    """Empty when the gateway's /ready says yes, else why not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/ready", timeout=2) as answer:
            return "" if answer.status == 200 else "not ready"
    except urllib.error.HTTPError as error:
        try:
            return f"waiting for {', '.join(json.load(error)['reasons'])}"
        except (ValueError, KeyError, TypeError):
            return "not ready"
    except OSError:
        return "waiting for the gateway"


def _say_where(settings: Settings, lines: list[str]) -> None:
    say("")
    say(f"Careline is ready: http://{settings.host}:{settings.port}/  (chat: the button in the lower corner)")
    if settings.telephone_port is not None:
        say(f"Call from the browser: http://{settings.host}:{settings.port}/call  (ready in a few seconds)")
        say(f"Telephone systems: AudioSocket on port {settings.telephone_port}, see docs/voice.md")
    say(f"Staff desk: http://{settings.host}:{settings.port}/desk")
    for line in lines:
        say(line)
    say(f"Logs: {settings.logs}. Ctrl-C stops everything.")


@contextmanager
def _alone() -> Iterator[None]:
    """`make test` may start while `make run` is still setting up: the second waits."""
    lock = ROOT / "models" / ".setup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  … waiting for another set-up of this checkout to finish")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
