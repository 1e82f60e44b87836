"""A real telephone: baresip, whose keys a test presses and whose loudspeaker it records."""

import shutil
import socket
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.telephony.asterisk import free_port, until


def missing() -> str:
    """Why there is no telephone to test with; empty when there is one."""
    return "" if shutil.which("baresip") else "baresip is not installed (apt install baresip)"


class Phone:
    """One telephone, registered."""

    def __init__(self, folder: Path, process: subprocess.Popen[str], log: Path) -> None:
        self._folder = folder
        self._process = process
        self._log = log

    def dial(self, number: str, port: int) -> None:
        """Call a number of the telephone system at `port`; returns when it has answered."""
        self.press(f"/dial sip:{number}@127.0.0.1:{port}\n")
        until(lambda: "Call established" in self.log(), f"an answer from {number}")

    def press(self, keys: str) -> None:
        """Press keys, or type a command of baresip's."""
        assert self._process.stdin
        self._process.stdin.write(keys)
        self._process.stdin.flush()

    def is_talking(self) -> bool:
        """Whether the call goes on."""
        return self.log().count("Call established") > self.log().count("session closed")

    def hang_up(self) -> None:
        """End the call."""
        self.press("b")

    def log(self) -> str:
        """What it printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def heard(self) -> tuple[bytes, int]:
        """What came out of the loudspeaker so far: 16-bit PCM, and its rate."""
        recordings = sorted(self._folder.glob("*-dec.wav"), key=lambda path: path.stat().st_mtime)
        if not recordings:
            return b"", 8000
        with suppress(wave.Error, EOFError), wave.open(str(recordings[-1]), "rb") as file:
            rate = file.getframerate()
        return recordings[-1].read_bytes()[44:], rate  # while it is recorded its head does not tell the length


@contextmanager
def phone(folder: Path, user: str, password: str, port: int, microphone: bytes = b"") -> Iterator[Phone]:
    """A telephone that is registered at the telephone system at `port`, and hears with `microphone` (8 kHz PCM)."""
    folder.mkdir(parents=True)
    with wave.open(str(folder / "microphone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(microphone + bytes(16_000 * 600))
    (folder / "config").write_text(_config(folder), encoding="utf-8")
    account = f"<sip:{user}@127.0.0.1:{port};transport=udp>;auth_user={user};auth_pass={password};regint=60"
    (folder / "accounts").write_text(f"{account};audio_codecs=PCMU;answermode=auto\n", encoding="utf-8")
    (folder / "contacts").write_text("", encoding="utf-8")
    log = folder / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["baresip", "-4", "-f", str(folder)], stdin=subprocess.PIPE, stdout=output, stderr=output, text=True
        )
        running = Phone(folder, process, log)
        try:
            until(
                lambda: "200 OK" in running.log() or "registered successfully" in running.log(), f"{user} to register"
            )
            yield running
        finally:
            process.terminate()
            process.wait(60)


def _config(folder: Path) -> str:
    lines = [
        f"sip_listen 127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
        "module_path /usr/lib/baresip/modules",
        "module stdio.so",
        "module g711.so",
        "module aufile.so",
        "module aubridge.so",
        "module sndfile.so",
        "module_tmp uuid.so",
        "module_tmp account.so",
        "module_app menu.so",
        f"audio_source aufile,{folder}/microphone.wav",
        "audio_player aubridge,loudspeaker",
        "audio_alert aubridge,bell",
        f"snd_path {folder}",
        "rtp_ports 30000-34000",
    ]
    return "\n".join([*lines, ""])
