"""Keeps the processes of one machine running: starts, restarts those that die, stops all of them together."""

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.local.settings import ROOT, Settings, SetUpError, app_python, rasa_python, say
from deploy.local.steps import model_path

STEADY_SECONDS = 20  # a process that lived this long starts its restart delays anew
LONGEST_DELAY = 30.0
GRACE_SECONDS = 12  # a turn in flight may take 10 s
LOG_BYTES = 20_000_000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Managed:
    """One supervised process.

    Attributes:
        failures: deaths since it last ran steadily; they stretch the delay before the next start.
        due: monotonic time of the next start, while it is down.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default=0.0)


def processes(settings: Settings) -> list[Managed]:
    """Everything `make run` starts: actions first, since Rasa asks them; the public door last."""
    environment = settings.process_environment()
    environment.setdefault("CARELINE_MODEL", str(model_path()))
    rasas = [
        Managed(f"rasa-{port}", [rasa_python(), "-m", "bot"], {**environment, "CARELINE_RASA_PORT": str(port)})
        for port in settings.rasa_ports
    ]
    gateways = [
        Managed(
            "gateway" if port == settings.port else f"gateway-{port}",
            [app_python(), "-m", "gateway"],
            {**environment, "CARELINE_PORT": str(port), **telephone},
        )
        for port, telephone in zip(settings.gateway_ports, _telephones(settings), strict=True)
    ]
    return [Managed("actions", [app_python(), "-m", "actions"], environment), *rasas, *gateways]


def _telephones(settings: Settings) -> list[dict[str, str]]:
    """What is different for the calls of each gateway."""
    ports = settings.telephone_ports
    return [{"CARELINE_VOICE_AUDIOSOCKET_PORT": str(port)} for port in ports] if ports else [{}] * settings.gateways


class Supervisor:
    """Runs `managed` until `stop` is called."""

    def __init__(self, managed: Sequence[Managed], var: Path) -> None:
        self._managed = list(managed)
        self._logs, self._pids = var / "log", var / "run"
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start every process once."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self._pids.mkdir(parents=True, exist_ok=True)
        for one in self._managed:
            self._launch(one)

    def watch(self) -> None:
        """Restart what dies, until `stop`; then end everything."""
        while not self._stopping.wait(0.2):
            self.tend()
        self._end_all()

    def stop(self) -> None:
        """Make `watch` end everything and return."""
        self._stopping.set()

    def tend(self) -> None:
        """One look at every process."""
        now = time.monotonic()
        for one in self._managed:
            if one.process is None:
                if now >= one.due:
                    self._launch(one)
            elif one.process.poll() is not None:
                self._note_death(one, now)

    def newest_words(self, name: str) -> str:
        """The last line that a process logged, for a person who wonders why it does not come up."""
        lines = (self._logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def struggling(self) -> Managed | None:
        """A process that has died three times without running steadily."""
        return next((one for one in self._managed if one.failures >= 3), None)

    def _launch(self, one: Managed) -> None:
        log = self._logs / f"{one.name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            one.process = subprocess.Popen(
                one.command, cwd=ROOT, env=one.environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=partial(_die_with, os.getpid()),
            )  # fmt: skip
        one.started = time.monotonic()
        draft = self._pids / f"{one.name}.pid.new"
        draft.write_text(str(one.process.pid))
        draft.replace(self._pids / f"{one.name}.pid")  # nobody reads half a number

    def _note_death(self, one: Managed, now: float) -> None:
        code = one.process.returncode if one.process else None
        one.failures = 1 if now - one.started > STEADY_SECONDS else one.failures + 1
        delay = min(LONGEST_DELAY, 0.5 * 2 ** (one.failures - 1))
        one.process, one.due = None, now + delay
        say(f"  ! {one.name} ended (exit {code}); starting it again in {delay:.1f} s. Log: {self._logs / one.name}.log")

    def _end_all(self) -> None:
        """The public door first, so that nothing new comes in while the rest finish their turn."""
        alive = [one.process for one in reversed(self._managed) if one.process and one.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for one in self._managed:
            (self._pids / f"{one.name}.pid").unlink(missing_ok=True)


def stop_on_signals(supervisor: Supervisor) -> None:
    """Ctrl-C, a closed terminal and SIGTERM all stop everything."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stop())


def _die_with(supervisor: int) -> None:
    """In the child, before exec: should the supervisor itself be killed, the kernel ends the child too."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != supervisor:
        raise SetUpError("The supervisor ended while it started a process.")
