"""Set-up steps: those that are up to date are skipped, the others run side by side and never fall silent."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.settings import ROOT, SetUpError, say

QUIET_SECONDS = 10  # a running step reports at least this often
_LOG_PREFIX = re.compile(r"^[\d\-]+ [\d:]+ [A-Z]+ +[\w.]+ +- |\x1b\[[\d;]*m")  # time, level and logger; colours
_running: set[subprocess.Popen[str]] = set()


@dataclass
class Step:
    """Attributes:
    name: what is being done, as a person would say it.
    is_current: whether there is nothing to do.
    run: does it; calls its argument, a `Shell`, for every command.
    needs: names of the steps that come before.
    """

    name: str
    is_current: Callable[[], bool]
    run: Callable[["Shell"], None]
    needs: Sequence[str] = field(default_factory=tuple)


class Shell:
    """Runs commands of one step: their output goes to the log, their newest line is kept for the progress report."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.newest_line = ""

    def __call__(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None, hint: str) -> None:
        """Run to the end.

        Raises:
            SetUpError: the command failed; `hint` tells what to do.
        """
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(map(str, command))}\n")
            process = subprocess.Popen(
                [str(part) for part in command], cwd=cwd, env=env, text=True, errors="replace",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            _running.add(process)
            for line in process.stdout or ():
                log.write(line)
                log.flush()
                self.newest_line = _LOG_PREFIX.sub("", line.strip())[:100] or self.newest_line
        code = process.wait()
        _running.discard(process)
        if code != 0:
            raise SetUpError(f"{hint} ({Path(str(command[0])).name}: {self.newest_line}; all of it in {self._log})")


def run_steps(steps: Sequence[Step], log_folder: Path) -> None:
    """Run what is not current, each as soon as what it needs is there.

    Raises:
        SetUpError: of the first step that failed; what still runs beside it is ended.
    """
    log_folder.mkdir(parents=True, exist_ok=True)
    waiting = {step.name: step for step in steps}
    done: set[str] = set()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        while waiting or running:
            ready = [step for step in waiting.values() if done.issuperset(step.needs)]
            for step in ready:
                del waiting[step.name]
                running[pool.submit(_run_step, step, log_folder / "setup.log")] = step.name
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done.add(running.pop(future))
                if future.exception():
                    _end_the_others()
                future.result()


def _end_the_others() -> None:
    for process in list(_running):
        process.terminate()


def _run_step(step: Step, log: Path) -> None:
    if step.is_current():
        return
    shell, began, finished = Shell(log), time.monotonic(), threading.Event()
    say(f"  … {step.name}")
    reporter = threading.Thread(target=_report, args=(step, shell, began, finished), daemon=True)
    reporter.start()
    try:
        step.run(shell)
    finally:
        finished.set()
    say(f"  ✓ {step.name} ({time.monotonic() - began:.0f} s)")


def _report(step: Step, shell: Shell, began: float, finished: threading.Event) -> None:
    while not finished.wait(QUIET_SECONDS):
        say(f"  … {step.name}, {time.monotonic() - began:.0f} s: {shell.newest_line}")
