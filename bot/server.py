"""Starts Rasa's server the way Careline needs it: loopback only, token required, no telemetry, masked logs."""

import logging
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

from bot.settings import Settings

HOST = "127.0.0.1"
ENDPOINTS = "endpoints.yml"
CREDENTIALS = "credentials.yml"

# Read by Rasa and TensorFlow when they are imported.
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",  # one turn uses one core; more processes serve more turns
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",  # Rasa's own tracker store uses what SQLAlchemy 2 drops
}


class StartError(Exception):
    """The server cannot start; the message says what to do."""


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then lets running turns finish.

    Raises:
        StartError: no model, the port is taken, or the key or token file is unusable.
    """
    os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # what TensorFlow itself writes is neither JSON nor masked
    # TensorFlow Lite's converter, which nothing here uses, would bring in all of JAX: 0.6 s and 65 MB of a start.
    sys.modules.setdefault("jax", None)  # type: ignore[arg-type]
    model = newest_model(settings.model)
    _check_port(settings.port)

    from bot import logs

    logs.configure()
    _run(settings, model)


def newest_model(path: Path) -> Path:
    """The archive at `path`, or the newest one in that folder.

    Raises:
        StartError: there is none.
    """
    if path.is_file():
        return path
    archives = sorted(path.glob("*.tar.gz"), key=lambda archive: archive.stat().st_mtime)
    if not archives:
        raise StartError(f"There is no model in {path}: train one with `rasa train --out models/rasa`.")
    return archives[-1]


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise StartError(f"Port {port} is in use: stop what uses it or set CARELINE_RASA_PORT.") from None


def _run(settings: Settings, model: Path) -> None:
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints

    from bot import logs
    from bot.tracker_store import TrackerStoreError
    from vault import VaultError, token_file

    try:
        endpoints = AvailableEndpoints.read_endpoints(ENDPOINTS)
        endpoints.action.url = f"{settings.actions_url}/webhook"
        channels = rasa.core.run.create_http_input_channels(None, CREDENTIALS)
        app = rasa.core.run.configure_app(
            channels, cors=None, auth_token=token_file(settings.token_file), enable_api=True, endpoints=endpoints
        )
        logs.configure()
        app.register_listener(partial(_load, model, endpoints), "before_server_start")
        app.register_listener(_warm_up, "before_server_start")
        app.register_listener(_say_ready, "after_server_start")
        app.register_listener(_close, "after_server_stop")
        app.config.GRACEFUL_SHUTDOWN_TIMEOUT = settings.stop_grace
        app.run(host=HOST, port=settings.port, access_log=False, motd=False)
    except (VaultError, TrackerStoreError) as error:
        raise StartError(str(error)) from error


async def _load(model: Path, endpoints: Any, app: Any, loop: Any) -> None:
    from rasa.core.agent import load_agent

    app.ctx.agent = await load_agent(str(model), endpoints=endpoints, loop=loop)
    if not app.ctx.agent.is_ready():  # Rasa logs the reason and would serve without a model
        raise StartError(f"{model} cannot be loaded, see the log; a model trained before an update: train again.")


async def _warm_up(app: Any, _loop: Any) -> None:
    """The first message would pay for what the model builds on first use: a second for the first customer."""
    for words in (2, 10, 30):
        await app.ctx.agent.parse_message(" ".join(["hello"] * words))


async def _say_ready(app: Any, _loop: Any) -> None:
    from bot.channel.readiness import why_not_ready

    why = why_not_ready(app)
    logger = logging.getLogger(__name__)
    if why:
        logger.error("Not ready: %s", why)
    else:
        logger.info("Ready with model %s.", app.ctx.agent.processor.model_filename)


async def _close(app: Any, _loop: Any) -> None:
    from bot.action_endpoint import ActionEndpoint
    from bot.tracker_store import SealedTrackerStore

    endpoint = getattr(getattr(app.ctx, "agent", None), "action_endpoint", None)
    if isinstance(endpoint, ActionEndpoint):
        await endpoint.close()
    store = getattr(getattr(app.ctx, "agent", None), "tracker_store", None)
    if isinstance(store, SealedTrackerStore):
        store.close()
