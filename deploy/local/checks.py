"""What would make the start fail later, found out first and said in one line."""

import shutil
import socket
from pathlib import Path

from deploy.local.settings import ROOT, Settings, SetUpError

GIGABYTE = 1024**3
FRESH_INSTALL = 8 * GIGABYTE  # both environments, their download cache, the front end, a model
WORKING_ROOM = GIGABYTE // 2


def check_ports(settings: Settings) -> None:
    """Raises:
    SetUpError: another program listens on a port that we need.
    """
    wanted = [("CARELINE_PORT", port, settings.host) for port in settings.gateway_ports]
    wanted += [("CARELINE_RASA_PORT", port, "127.0.0.1") for port in settings.rasa_ports]
    wanted += [("CARELINE_ACTIONS_PORT", settings.actions_port, "127.0.0.1")]
    wanted += [("CARELINE_VOICE_AUDIOSOCKET_PORT", port, "127.0.0.1") for port in settings.telephone_ports]
    for variable, port, host in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise SetUpError(
                    f"Port {port} on {host} cannot be used ({error.strerror}): stop what uses it, "
                    f"or choose another with {variable}={port + 100} make run."
                ) from None


def check_disk(root: Path = ROOT) -> None:
    """Raises:
    SetUpError: there is not enough room for what is still to be installed.
    """
    installed = (root / ".venv-rasa").exists()
    needed = WORKING_ROOM if installed else FRESH_INSTALL
    free = shutil.disk_usage(root).free
    if free < needed:
        raise SetUpError(
            f"Only {free / GIGABYTE:.1f} GB are free here and {needed / GIGABYTE:.1f} GB are needed: "
            "make room and try again."
        )
