"""A whole Careline on free ports with a folder of its own: the real processes under the real supervisor."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

from crm.services import conversations, verification
from crm.store import Store
from vault import Vault

ROOT = Path(__file__).resolve().parents[2]
_DEMO_LINE = re.compile(r"demo customer: policy (PA-\d{7}) born (\d{4}-\d{2}-\d{2}) name (.+)")
_DESK_LINE = re.compile(r"desk: user (\S+) password (\S+)")


@dataclass(frozen=True)
class DemoCustomer:
    policy_number: str
    birth_date: str
    name: str


class Stack:
    """Started by `with`; everything it writes is below `var`."""

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.port, self.rasa_port, self.actions_port = _free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.customers: list[DemoCustomer] = []
        self.desk_login = ("", "")  # user name and password that the set-up prints
        self._process: subprocess.Popen[str] | None = None
        self._environment = {
            **os.environ,
            "CARELINE_VAR": str(var),
            "CARELINE_PORT": str(self.port),
            "CARELINE_RASA_PORT": str(self.rasa_port),
            "CARELINE_ACTIONS_PORT": str(self.actions_port),
            "CARELINE_DEMO_CUSTOMERS": "30",
            "CARELINE_VOICE": "off",
            **settings,
        }

    def __enter__(self) -> "Stack":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "supervise"],
            cwd=ROOT, env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        printed = []
        for line in self._process.stdout:
            printed.append(line)
            if found := _DEMO_LINE.match(line.strip()):
                self.customers.append(DemoCustomer(*found.groups()))
            if found := _DESK_LINE.match(line.strip()):
                self.desk_login = (found[1], found[2])
            if line.startswith("Logs:"):
                return self
        raise AssertionError(f"The stack did not come up:\n{''.join(printed)}\n{self._log_tails()}")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.stdout.read()
        self._process.wait()

    @property
    def names(self) -> list[str]:
        """The supervised processes."""
        return sorted(path.stem for path in (self.var / "run").glob("*.pid"))

    def pid(self, name: str) -> int:
        return int((self.var / "run" / f"{name}.pid").read_text())

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=3) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_ready(self) -> None:
        while not self.is_ready():
            time.sleep(0.1)

    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.var / 'careline.db'}", Vault.load(self.var / "master.key"))

    def crm(self, *arguments: str) -> str:
        """What `python -m crm ...` prints on this stack's store."""
        return subprocess.run(
            [sys.executable, "-m", "crm", *arguments], cwd=ROOT, env=self._environment, check=True, capture_output=True,
            text=True,
        ).stdout  # fmt: skip

    def customer_id(self, who: DemoCustomer) -> int:
        """The key of a demo customer, found as they would verify themselves."""
        now = datetime.now(timezone.utc)
        with self.store().session() as session:
            conversation = conversations.open_conversation(session, channel="chat", browser="test", now=now)
            birth_date = date.fromisoformat(who.birth_date)
            return verification.verify(
                session, conversation.id, identifier=who.policy_number, birth_date=birth_date, now=now
            ).id

    def _log_tails(self) -> str:
        logs = (self.var / "log").glob("*.log")
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-2000:]}" for path in logs)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
