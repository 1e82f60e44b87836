"""A tiny model, its actions, and Rasa around them: in this process for most tests, as a server for the rest."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")

from tests.bot import tiny
from tests.bot.process import RasaProcess

# Rasa's structured records would print every tracker.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.train(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def actions() -> Iterator[tiny.ActionServer]:
    server = tiny.ActionServer()
    yield server
    server.close()


@pytest.fixture
def vault(tmp_path_factory: pytest.TempPathFactory):
    from vault import Vault

    return Vault.load(tmp_path_factory.mktemp("keys") / "master.key", {})


@pytest.fixture
def store(tmp_path: Path, vault):
    from rasa.shared.core.domain import Domain

    from bot.tracker_store import SealedTrackerStore

    store = SealedTrackerStore(Domain.from_yaml(tiny.DOMAIN), f"sqlite:///{tmp_path / 'tracker.db'}", vault=vault)
    yield store
    store.close()


@pytest.fixture(scope="session")
def loaded(model: Path):
    """An agent with the tiny model; tests give it their own store and actions through `agent`."""
    from rasa.core.agent import Agent

    return Agent.load(str(model))


@pytest.fixture
def agent(loaded, store, actions: tiny.ActionServer):
    """The agent on this test's own store, calling this test's own actions."""
    from rasa.utils.endpoints import EndpointConfig

    loaded.tracker_store = loaded.processor.tracker_store = store
    loaded.processor.action_endpoint = EndpointConfig(f"{actions.url}/webhook")
    store.domain = loaded.domain
    return loaded


@pytest.fixture(scope="session")
def shared_actions() -> Iterator[tiny.ActionServer]:
    server = tiny.ActionServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def rasa(model: Path, var: Path, shared_actions: tiny.ActionServer) -> Iterator[RasaProcess]:
    """`python -m bot`, started once; tests use conversations of their own."""
    with RasaProcess(model, var, shared_actions.url) as process:
        yield process
