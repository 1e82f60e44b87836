"""The system under load: its store and people, its processes, and the processor time they use."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psutil

from benchmarks.store.stores import database
from crm.demo import desk as demo_desk
from crm.domain import PresenceStatus, Role
from crm.services import handoffs, presence, queue, staff, staff_sessions
from crm.store import Store
from deploy.local.steps import model_path
from vault import Vault

ROOT = Path(__file__).resolve().parents[2]
APP, RASA = ROOT / ".venv" / "bin" / "python", ROOT / ".venv-rasa" / "bin" / "python"
UNLIMITED = ("SESSION_RATE", "SESSION_BURST", "ADDRESS_RATE", "ADDRESS_BURST", "SOCKETS_PER_ADDRESS")
CAPACITY = 10
START_SECONDS = 240


@dataclass(frozen=True)
class Agent:
    """A colleague at the desk; `token` is the cookie of a session of theirs."""

    account_id: int
    employee_id: int
    token: str
    csrf: str


@dataclass
class Site:
    """Processes by kind (`gateway`, `rasa`, `actions`, and what keeps the store or the bus), and where they are."""

    var: Path
    store: Store
    environment: dict[str, str]
    ports: list[int]
    rasa_ports: list[int]
    actions_port: int
    kinds: dict[str, list[psutil.Process]] = field(default_factory=dict)
    ends: ExitStack = field(default_factory=ExitStack)

    def url(self, number: int) -> str:
        """One of the gateways, in turns."""
        return f"http://127.0.0.1:{self.ports[number % len(self.ports)]}"

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time so far, by kind of process."""
        return {kind: sum(_used(each) for each in found) for kind, found in self.kinds.items()}

    def launch(self, kind: str, command: Sequence[str | Path], **environment: str) -> None:
        """Start a process that ends with the benchmark."""
        number = len(self.kinds.get(kind, ()))
        log = self.ends.enter_context((self.var / f"{kind}-{number}.log").open("wb"))
        process = subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, env={**self.environment, **environment}, stdout=log, stderr=log
        )
        self.ends.callback(_end, process)
        self.kinds.setdefault(kind, []).append(psutil.Process(process.pid))

    def agents(self, count: int) -> list[Agent]:
        """Employees with accounts, logged in and busy, so that nobody is offered to them by themselves."""
        return [self._agent(f"agent{number}", Role.AGENT) for number in range(count)]

    def supervisor(self) -> Agent:
        """Somebody who may look at the board."""
        return self._agent("supervisor", Role.SUPERVISOR)

    def _agent(self, username: str, role: Role) -> Agent:
        now = datetime.now(timezone.utc)
        with self.store.session() as session:
            employee = demo_desk.add_employee(session)
            if employee is None:
                raise RuntimeError("the store holds no demo customers")
            employee.name, employee.capacity = username.title(), CAPACITY
            account = staff.add(
                session, username=username, name=employee.name, role=role, now=now, employee_id=employee.id
            )
            presence.set(session, employee.id, PresenceStatus.BUSY, now=now)
            token = staff_sessions.start(
                session, account.id, method="password", address="127.0.0.1", browser="benchmark", now=now,
                lasts=timedelta(hours=8),
            )  # fmt: skip
            return Agent(account.id, employee.id, token, staff_sessions.csrf_of(token))

    def wishes(self, conversation_ids: Sequence[str]) -> list[int]:
        """Let these customers ask for a person; the hand-offs."""
        now = datetime.now(timezone.utc)
        with self.store.session() as session:
            return [
                handoffs.request(session, each, reason="asked_for", summary="wants to talk", now=now).id
                for each in conversation_ids
            ]

    def end_all(self) -> None:
        """Nobody waits and nobody is with a person any more."""
        now = datetime.now(timezone.utc)
        with self.store.session() as session:
            for view in queue.active(session):
                handoffs.close(session, view.id, view.employee_id or 0, disposition="solved", now=now)
            for entry in queue.waiting(session, now=now, limit=10_000):
                handoffs.abandon(session, entry.handoff.id, now=now)


@contextmanager
def site(
    var: Path,
    *,
    kind: str,
    gateways: int,
    rasas: int,
    redis: bool,
    customers: int,
    settings: Mapping[str, str] = MappingProxyType({}),
    gateway: Sequence[str] = ("-m", "gateway"),
) -> Iterator[Site]:
    """The whole system on a store of its own, ready.

    `settings` are further environment variables, `gateway` what Python is started with for one.
    """
    ports = free_ports(gateways + rasas + 2)
    with database(kind, var / "store") as url_of:
        live = f"redis://127.0.0.1:{ports[-1]}" if redis else ""
        environment = {**_environment(var, url_of("desk"), ports, gateways, live), **settings}
        for command in (["init"], ["demo", "--customers", str(customers)]):
            subprocess.run([APP, "-m", "crm", *command], cwd=ROOT, env=environment, check=True, capture_output=True)
        store = Store.open(environment["CARELINE_DATABASE_URL"], Vault.load(var / "master.key", {}))
        made = Site(var, store, environment, ports[:gateways], ports[gateways : gateways + rasas], ports[-2])
        with made.ends:
            _start(made, gateway, redis_port=ports[-1] if redis else None)
            yield made
        store.close()


def _start(made: Site, gateway: Sequence[str], redis_port: int | None) -> None:
    if redis_port is not None:
        server = shutil.which("redis-server")
        if server is None:
            raise SystemExit("redis-server is not installed: apt-get install redis-server, or --database postgres")
        made.launch("redis", [server, "--port", str(redis_port), "--bind", "127.0.0.1", "--save", ""])
    made.launch("actions", [APP, "-m", "actions"])
    for port in made.rasa_ports:
        made.launch("rasa", [RASA, "-m", "bot"], CARELINE_RASA_PORT=str(port))
    for port in made.ports:
        made.launch("gateway", [APP, *gateway], CARELINE_PORT=str(port))
    if servers := _postgres_of(made.var):
        made.kinds["postgres"] = servers
    until = time.monotonic() + START_SECONDS
    for number in range(len(made.ports)):
        _wait(f"{made.url(number)}/ready", until)


def _postgres_of(var: Path) -> list[psutil.Process]:
    """The server that keeps the store, if it is one of ours."""
    every = psutil.process_iter(["cmdline"])
    found = [each for each in every if str(var) in " ".join(each.info["cmdline"] or ())]
    return [each for each in found if Path(each.info["cmdline"][0]).name == "postgres"]


def _environment(var: Path, url: str, ports: list[int], gateways: int, live: str) -> dict[str, str]:
    rasa_ports = ports[gateways:-2]
    return {
        **os.environ,
        **{f"CARELINE_{name}": "1e6" if "SOCKETS" not in name else "1000000" for name in UNLIMITED},
        "CARELINE_VAR": str(var),
        "CARELINE_VOICE": "off",
        "CARELINE_DATABASE_URL": url,
        "CARELINE_LIVE_URL": live,
        "CARELINE_ACTIONS_PORT": str(ports[-2]),
        "CARELINE_ACTIONS_URL": f"http://127.0.0.1:{ports[-2]}",
        "CARELINE_RASA_URLS": ",".join(f"http://127.0.0.1:{port}" for port in rasa_ports),
        "CARELINE_MODEL": os.environ.get("CARELINE_MODEL", str(model_path())),
        "CARELINE_RETENTION_HOUR": "-1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
    }


def _used(process: psutil.Process) -> float:
    """Processor seconds of a process and its children, with those of children that have ended."""
    try:
        times = [process.cpu_times(), *(child.cpu_times() for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    ended = times[0].children_user + times[0].children_system
    return ended + sum(each.user + each.system for each in times)


def _wait(url: str, until: float) -> None:
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"{url} did not become ready")


def free_ports(count: int) -> list[int]:
    """That nobody uses at the moment."""
    with ExitStack() as probes:
        found: list[Any] = [probes.enter_context(closing(socket.socket())) for _ in range(count)]
        for probe in found:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in found]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
