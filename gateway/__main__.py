"""`python -m gateway`: serve until told to stop; `python -m gateway review`: see `gateway.commands.review`."""

import gc
import logging
import sys
from threading import Thread

import uvicorn

from gateway.app import create_app
from gateway.commands import review
from gateway.desk.warming import warm
from gateway.settings import Settings
from vault import VaultError
from vault.logs import configure_logging

log = logging.getLogger("gateway")

# Seconds after which a thread that computes lets others go on. Many short transactions wait for each other here, and
# for the loop that all sockets hang on: the usual 5 ms, once for each of their statements, is what customers wait for.
_TURN = 0.001


def main() -> int:
    """Run the server, or the command that is named; returns the process's exit code."""
    if sys.argv[1:2] == ["review"]:
        return review.main(sys.argv[2:])
    configure_logging("gateway")
    for chatty in ("httpx", "uvicorn.error"):  # they tell every request, and who opened a socket from where
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = Settings()
    try:
        app = create_app(settings)
    except (VaultError, ValueError) as error:  # the messages say what to do
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,  # records go through vault.logs, masked
        access_log=False,  # addresses and session ids do not belong in a log
        server_header=False,
        ws_max_size=settings.max_payload,
        ws_per_message_deflate=False,  # a compressed bomb is only seen when it has been unpacked
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    sys.setswitchinterval(_TURN)
    Thread(target=_get_ready, name="warm", daemon=True).start()
    log.info("serving", extra={"host": settings.host, "port": settings.port})
    server.run()
    log.info("stopped")
    return 0 if server.started else 1


def _get_ready() -> None:
    """Load what is needed sooner or later, and let the garbage collector leave all of it alone from then on: looking
    through it took half a second each time, for which everything stood still."""
    warm()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
