"""A real telephone: baresip, whose keys a test presses and whose loudspeaker it records."""

import shutil
import socket
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.telephony.asterisk import free_port, until

_WAVE_HEAD = 44  # bytes; while a recording grows its head does not tell the length
_RATES = {"PCMU": 8000, "G722": 16000}
_NOISE = np.random.default_rng(7).normal(0, 12, 16_000).astype("<i2").tobytes()  # no room is wholly silent
_QUIET = 300  # seconds of it after what is said


def missing() -> str:
    """Why there is no telephone to test with; empty when there is one."""
    return "" if shutil.which("baresip") else "baresip is not installed (apt install baresip)"


class Phone:
    """One telephone, registered."""

    def __init__(self, folder: Path, process: subprocess.Popen[str], rate: int) -> None:
        self._folder = folder
        self._process = process
        self._log = folder / "log"
        self.rate = rate

    def dial(self, number: str, port: int) -> None:
        """Call a number of the telephone system at `port`; returns when it has answered."""
        self.press(f"/dial sip:{number}@127.0.0.1:{port}\n")
        until(lambda: "Call established" in self.log(), f"an answer from {number}")

    def press(self, keys: str) -> None:
        """Press keys, or type a command of baresip's."""
        assert self._process.stdin
        self._process.stdin.write(keys)
        self._process.stdin.flush()

    def say(self, pcm: bytes) -> None:
        """Speak into the microphone (at `rate`) and be silent again."""
        _record(self._folder / "speech.wav", pcm, self.rate)
        self.press(f"/ausrc aufile,{self._folder}/speech.wav\n")

    def is_talking(self) -> bool:
        """Whether the call, one a telephone, has begun and goes on."""
        log = self.log()
        return "Call established" in log and "session closed" not in log and "call: terminate call" not in log

    def hang_up(self) -> None:
        """End the call."""
        self.press("b")

    def log(self) -> str:
        """What it printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def heard(self) -> bytes:
        """What came out of the loudspeaker so far, at `rate`. Nothing is written while nothing comes."""
        recordings = sorted(self._folder.glob("*-dec.wav"), key=lambda path: path.stat().st_mtime)
        pcm = recordings[-1].read_bytes()[_WAVE_HEAD:] if recordings else b""
        return pcm[: len(pcm) & ~1]

    def wait_until_quiet(self) -> None:
        """Wait until nothing more comes: the assistant sends no sound while it listens."""
        lengths = [-1]

        def is_quiet() -> bool:
            lengths.append(len(self.heard()))
            return lengths[-10:].count(lengths[-1]) == 10

        until(is_quiet, "the other side to listen")


@contextmanager
def phone(folder: Path, user: str, port: int, codec: str = "PCMU") -> Iterator[Phone]:
    """A telephone of deploy/asterisk/pjsip.conf, registered at the telephone system at `port`; its user is silent."""
    folder.mkdir(parents=True)
    rate = _RATES[codec]
    _record(folder / "silence.wav", b"", rate)
    (folder / "config").write_text(_config(folder), encoding="utf-8")
    account = f"<sip:{user}@127.0.0.1:{port};transport=udp>;auth_user={user};auth_pass=change-me-{user};regint=60"
    (folder / "accounts").write_text(f"{account};audio_codecs={codec};answermode=auto\n", encoding="utf-8")
    (folder / "contacts").write_text("", encoding="utf-8")
    log = folder / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["baresip", "-4", "-f", str(folder)], stdin=subprocess.PIPE, stdout=output, stderr=output, text=True
        )
        running = Phone(folder, process, rate)
        try:
            until(
                lambda: "200 OK" in running.log() or "registered successfully" in running.log(), f"{user} to register"
            )
            yield running
        finally:
            process.terminate()
            process.wait(60)


def _record(path: Path, pcm: bytes, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(pcm + _NOISE[: 2 * rate] * _QUIET)


def _config(folder: Path) -> str:
    lines = [
        f"sip_listen 127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
        "module_path /usr/lib/baresip/modules",
        "module stdio.so",
        "module g711.so",
        "module g722.so",
        "module aufile.so",
        "module aubridge.so",
        "module sndfile.so",
        "module_tmp uuid.so",
        "module_tmp account.so",
        "module_app menu.so",
        f"audio_source aufile,{folder}/silence.wav",
        "audio_player aubridge,loudspeaker",
        "audio_alert aubridge,bell",
        f"snd_path {folder}",
        "rtp_ports 30000-34000",
    ]
    return "\n".join([*lines, ""])
