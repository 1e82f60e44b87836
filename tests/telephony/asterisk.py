"""A real Asterisk with the dial plan of deploy/asterisk, on ports of its own."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "asterisk"
ROOT_VARIABLE = "CARELINE_ASTERISK_ROOT"
PATIENCE = 60.0
_FOLDERS = ("astetcdir", "astdbdir", "astspooldir", "astrundir", "astlogdir")


def missing() -> str:
    """Why there is no Asterisk to test with; empty when there is one."""
    if root := os.environ.get(ROOT_VARIABLE):
        found = (Path(root) / "usr/sbin/asterisk").exists() and os.geteuid() == 0 and shutil.which("chroot")
        return "" if found else f"{ROOT_VARIABLE} names no folder with an Asterisk that this user may chroot to"
    if not shutil.which("asterisk"):
        return f"asterisk is neither on the PATH nor in a folder named by {ROOT_VARIABLE}"
    return ""


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"still waiting for {what}")
        time.sleep(0.1)


class Asterisk:
    """One Asterisk; `port` is the one of SIP."""

    def __init__(self, folder: Path, chroot: Path | None) -> None:
        self.folder = folder
        self._chroot = chroot
        self.port = free_port(socket.SOCK_DGRAM)
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, url: str, sound: str, secret: str) -> None:
        """Install the files as a person would, with addresses and passwords of this test."""
        self._write("extensions.conf", {
            "CARELINE_URL = .*": f"CARELINE_URL = {url}",
            "CARELINE_SOUND = .*": f"CARELINE_SOUND = {sound}",
            "CARELINE_SECRET = .*": f"CARELINE_SECRET = {secret}",
        })  # fmt: skip
        self._write("pjsip.conf", {"bind = .*": f"bind = 127.0.0.1:{self.port}"})
        self._write("queues.conf", {})
        self._write("modules.conf", {})
        first = 20_000 + 20 * (os.getpid() % 500)
        for name, content in {
            "asterisk.conf": self._places(),
            "logger.conf": "[general]\n[logfiles]\nfull => notice,warning,error,verbose\n",
            "rtp.conf": f"[general]\nrtpstart={first}\nrtpend={first + 200}\n",
            "musiconhold.conf": "[general]\n",
        }.items():
            (self.folder / name).write_text(content, encoding="utf-8")

    def start(self) -> None:
        """Start it; returns when it takes calls."""
        command = ["asterisk", "-f", "-C", self._inside("asterisk.conf")]
        self._process = subprocess.Popen(
            [*self._prefix(), *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(lambda: "fully booted" in self.ask("core waitfullybooted"), "Asterisk")

    def stop(self) -> None:
        """Stop it."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def ask(self, command: str) -> str:
        """What its command line answers."""
        return subprocess.run(
            [*self._prefix(), "asterisk", "-C", self._inside("asterisk.conf"), "-rx", command],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip

    def log(self) -> str:
        """What it has logged."""
        path = self.folder / "full"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _write(self, name: str, values: dict[str, str]) -> None:
        text = (DEPLOYED / name).read_text(encoding="utf-8")
        for pattern, value in values.items():
            text, count = re.subn(f"(?m)^{pattern}$", lambda _, value=value: value, text)
            assert count == 1, (name, pattern)
        (self.folder / name).write_text(text, encoding="utf-8")

    def _places(self) -> str:
        modules = next(Path(self._chroot or "/").glob("usr/lib*/**/asterisk/modules"))
        inside = "/" + str(modules.relative_to(self._chroot or "/"))
        lines = [f"{name} => {self._inside('')}" for name in _FOLDERS]
        return "\n".join(["[directories]", f"astmoddir => {inside}", *lines, "[options]", "verbose = 4", ""])

    def _inside(self, name: str) -> str:
        path = self.folder / name
        return f"/{path.relative_to(self._chroot)}" if self._chroot else str(path)

    def _prefix(self) -> list[str]:
        return ["chroot", str(self._chroot)] if self._chroot else []


@contextmanager
def asterisk(url: str, sound: str, secret: str) -> Iterator[Asterisk]:
    """A running Asterisk that sends its calls to a gateway."""
    root = os.environ.get(ROOT_VARIABLE)
    chroot = Path(root) if root else None
    folder = Path(tempfile.mkdtemp(prefix="careline-asterisk-", dir=chroot / "tmp" if chroot else None))
    running = Asterisk(folder, chroot)
    try:
        running.configure(url, sound, secret)
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody has just now."""
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
