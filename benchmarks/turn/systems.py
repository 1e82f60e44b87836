"""The two systems under measurement: how each is trained, started and spoken to."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import psutil
import yaml

from crm.services import conversations
from crm.store import Store
from vault import Vault, token_file

ROOT = Path(__file__).resolve().parents[2]
STOCK = Path(__file__).parent / "stock"
APP, RASA = ROOT / ".venv" / "bin" / "python", ROOT / ".venv-rasa" / "bin" / "python"
PORTS = {"ours": 15005, "stock": 15006}
ACTIONS_PORT, GATEWAY_PORT = 15055, 18000


@dataclass
class System:
    """One of the two, as running processes.

    Attributes:
        training: seconds of `rasa train` with an empty cache.
        start: seconds from the process's start until it answers.
    """

    name: str
    port: int
    training: float
    start: float
    process: subprocess.Popen[bytes]

    def resident(self) -> int:
        """Bytes of resident memory, with children."""
        root = psutil.Process(self.process.pid)
        return sum(process.memory_info().rss for process in [root, *root.children(recursive=True)])


@dataclass
class Site:
    """What both share: folder, store, keys, action server."""

    var: Path
    vault: Vault
    store: Store
    environment: dict[str, str]
    processes: ExitStack = field(default_factory=ExitStack)

    def new_conversation(self) -> str:
        """A conversation that the store knows, so that actions answer in it."""
        with self.store.session() as session:
            now = datetime.now(timezone.utc)
            return conversations.open_conversation(session, channel="chat", browser="benchmark", now=now).id

    def statement(self, conversation: str, message: str) -> str:
        """What the gateway would vouch for."""
        claims = {"conversation": conversation, "message": message, "channel": "chat"}
        return self.vault.sign(claims, "turn", timedelta(minutes=5))

    def launch(self, name: str, command: list[str | Path], **environment: str) -> subprocess.Popen[bytes]:
        """Start a process that ends with the benchmark; its output goes to a log in `var`."""
        log = self.processes.enter_context((self.var / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, env={**self.environment, **environment}, stdout=log, stderr=log
        )
        self.processes.callback(_end, process)
        return process


def thinned_data(folder: Path, examples: int) -> None:
    """The project's data in `folder`, English only, with at most `examples` sentences an intent, evenly chosen.

    Stock's DIET needs 20 s an epoch on all of the sentences, half an hour and more in all; what a turn takes does not
    hang on their number.
    """
    shutil.copytree(ROOT / "data", folder)
    shutil.rmtree(folder / "nlu" / "zh", ignore_errors=True)
    for path in (folder / "nlu" / "en").glob("*.yml"):
        content = yaml.safe_load(path.read_text("utf-8"))
        for item in content["nlu"]:
            lines = item.get("examples", "").splitlines(keepends=True)
            if "intent" in item and len(lines) > examples:
                item["examples"] = "".join(lines[i * len(lines) // examples] for i in range(examples))
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")


def open_site(var: Path, examples: int) -> Site:
    """A store with demo customers and an action server, for both systems, and the data both are trained on."""
    thinned_data(var / "data", examples)
    environment = {
        **os.environ,
        "CARELINE_VAR": str(var),
        "CARELINE_ACTIONS_PORT": str(ACTIONS_PORT),
        "CARELINE_ACTIONS_URL": f"http://127.0.0.1:{ACTIONS_PORT}",
        "CARELINE_RASA_URLS": f"http://127.0.0.1:{PORTS['ours']}",
        "CARELINE_RASA_PORT": str(PORTS["ours"]),
        "CARELINE_PORT": str(GATEWAY_PORT),
        "CARELINE_SESSION_RATE": "1e6",
        "CARELINE_SESSION_BURST": "1e6",
        "CARELINE_ADDRESS_RATE": "1e6",
        "CARELINE_ADDRESS_BURST": "1e6",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
    }
    for command in (["init"], ["demo", "--customers", "50"]):
        subprocess.run([APP, "-m", "crm", *command], cwd=ROOT, env=environment, check=True, capture_output=True)
    vault = Vault.load(var / "master.key", {})
    site = Site(var, vault, Store.open(f"sqlite:///{var / 'careline.db'}", vault), environment)
    site.launch("actions", [APP, "-m", "actions"])
    _wait(lambda: httpx.get(f"http://127.0.0.1:{ACTIONS_PORT}/health"))
    return site


def start_ours(site: Site) -> System:
    """`config.yml`, our channel, tracker store and patches."""
    model, training = _train(site, "ours", ROOT / "config.yml")
    return _serve(site, "ours", training, [RASA, "-m", "bot"], CARELINE_MODEL=str(model))


def start_stock(site: Site) -> System:
    """Rasa as RasaHQ documents it: stock pipeline and policies, REST and Socket.IO channels, SQL tracker store."""
    model, training = _train(site, "stock", STOCK / "config.yml")
    endpoints, credentials = site.var / "endpoints.yml", site.var / "credentials.yml"
    endpoints.write_text(yaml.safe_dump(_stock_endpoints(site.var)))
    credentials.write_text(yaml.safe_dump(_stock_credentials()))
    command: list[str | Path] = [RASA, "-m", "rasa", "run", "--model", model, "--port", str(PORTS["stock"])]
    command += ["--endpoints", endpoints, "--credentials", credentials, "--enable-api"]
    command.append(f"--auth-token={token_file(site.var / 'rasa.token')}")
    return _serve(site, "stock", training, command)


def start_gateway(site: Site) -> None:
    """Our public door, in front of our Rasa."""
    site.launch("gateway", [APP, "-m", "gateway"])
    _wait(lambda: httpx.get(f"http://127.0.0.1:{GATEWAY_PORT}/ready").raise_for_status())


def _stock_endpoints(var: Path) -> dict[str, object]:
    return {
        "action_endpoint": {"url": f"http://127.0.0.1:{ACTIONS_PORT}/webhook"},
        "tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(var / "stock.db")},
    }


def _stock_credentials() -> dict[str, object]:
    return {
        "benchmarks.turn.stock.channel.RestWithMetadata": None,
        "socketio": {"user_message_evt": "user_uttered", "bot_message_evt": "bot_uttered", "session_persistence": True,
                     "metadata_key": "metadata"},
    }  # fmt: skip


def _train(site: Site, name: str, config: Path) -> tuple[Path, float]:
    out = site.var / f"models-{name}"
    began = time.perf_counter()
    command: list[str | Path] = [RASA, "-m", "rasa", "train"]
    command += ["--config", config, "--data", site.var / "data", "--out", out]
    subprocess.run(
        [*command, "--fixed-model-name", name, "--force"],
        cwd=ROOT, env={**site.environment, "RASA_CACHE_DIRECTORY": str(site.var / f"cache-{name}")},
        check=True, stdout=(site.var / f"train-{name}.log").open("wb"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    return out / f"{name}.tar.gz", time.perf_counter() - began


def _serve(site: Site, name: str, training: float, command: list[str | Path], **environment: str) -> System:
    began = time.perf_counter()
    process = site.launch(name, command, **environment)
    parameters = {"token": token_file(site.var / "rasa.token")}
    url = f"http://127.0.0.1:{PORTS[name]}/status"
    _wait(lambda: httpx.get(url, params=parameters).raise_for_status(), process)
    return System(name, PORTS[name], training, time.perf_counter() - began, process)


def _wait(answers: Callable[[], object], process: subprocess.Popen[bytes] | None = None) -> None:
    while True:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            answers()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
