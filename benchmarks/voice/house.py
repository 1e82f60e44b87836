"""The site the callers call: the desk benchmark's, with calls."""

import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.desk.site import START_SECONDS, Site, free_ports, site
from crm.demo.personas import demo_logins
from vault import token_file

_KINDS = {"espeak": "synthesis", "onnxruntime": "recognition", "pocketsphinx": "recognition"}


@dataclass
class House:
    """A site with a port for telephones."""

    site: Site
    port: int
    customer: tuple[str, str]  # policy number and birth date
    secret: str
    notes: Path

    def wait(self) -> None:
        """Until calls are taken: the engines load after everything else."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.2)
        raise SystemExit(f"calls are not taken; see {self.site.var}/gateway-0.log")

    async def new_call(self, http: httpx.AsyncClient) -> uuid.UUID:
        """Announce a call, as the dial plan does; its id."""
        answer = await http.post(
            f"{self.site.url(0)}/voice/asterisk/call", data={"secret": self.secret, "rate": "8000"}
        )
        answer.raise_for_status()
        return uuid.UUID(answer.text)

    def noted(self) -> list[dict[str, Any]]:
        """What the gateway noted so far."""
        return [json.loads(line) for line in self.notes.read_text().splitlines() if line.endswith("}")]

    def processes(self) -> dict[str, list[psutil.Process]]:
        """By what they do; the gateway's workers each under their own name."""
        found = {kind: list(of) for kind, of in self.site.kinds.items()}
        for child in self.site.kinds["gateway"][0].children():
            found.setdefault(_kind(child), []).append(child)
        return found

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time so far, by kind of process."""
        return {kind: sum(sum(each.cpu_times()[:2]) for each in of) for kind, of in self.processes().items()}

    def memory(self) -> dict[str, float]:
        """Resident megabytes, by kind of process."""
        return {kind: sum(each.memory_info().rss for each in of) / 1e6 for kind, of in self.processes().items()}


@contextmanager
def house(var: Path, *, most_calls: int = 200, **settings: str) -> Iterator[House]:
    """Everything on this machine, ready for calls; `settings` are further environment variables."""
    port, notes = free_ports(1)[0], var / "notes.jsonl"
    environment = {
        "CARELINE_VOICE": "on",
        "CARELINE_VOICE_AUDIOSOCKET_PORT": str(port),
        "CARELINE_VOICE_MOST_CALLS": str(most_calls),
        "CARELINE_VOICE_RECOGNITION_CALLS": str(most_calls),
        **settings,
    }
    gateway = ("-m", "benchmarks.voice.tapped", str(notes))
    with site(
        var, kind="sqlite", gateways=1, rasas=1, redis=False, customers=50, settings=environment, gateway=gateway
    ) as made:
        with made.store.session() as session:
            login = demo_logins(session)[0]
        customer = (login.policy_number, login.birth_date.isoformat())
        made_house = House(made, port, customer, token_file(var / "telephone.secret"), notes)
        made_house.wait()
        yield made_house


def _kind(child: psutil.Process) -> str:
    """What a worker does is told by the library it has loaded."""
    try:
        loaded = " ".join(each.path for each in child.memory_maps())
    except psutil.Error:
        return "gone"
    return next((kind for library, kind in _KINDS.items() if library in loaded), "other workers")
