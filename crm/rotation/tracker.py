"""Rasa's conversations, renewed by the process that owns them, or by its environment while that does not run."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import Field

from crm.rotation.run import RotationIncomplete
from crm.settings import CrmSettings
from vault import token_file

_SQLITE = "sqlite:///"
_TIMEOUT_S = 60
_MOST_PASSES = 5  # a second one finds what was written during the first


class TrackerSettings(CrmSettings):
    """Where Rasa and its conversations are, beside the store's settings."""

    tracker_url: str = Field(default="", description="The tracker store; a SQLite file in `var` when empty.")
    rasa_python: Path = Field(default=Path(".venv-rasa/bin/python"), description="Python of the Rasa environment.")

    @property
    def holds_nothing(self) -> bool:
        """Whether there is no tracker store yet."""
        url = self.tracker_url or f"{_SQLITE}{self.var / 'tracker.db'}"
        return url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists()


class Tracker:
    """The tracker store, reached through Rasa's private channel or, failing that, through a command."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings

    def renew(self, progress: Callable[[int], None]) -> int:
        """Bring all rows under the active key; how many are left.

        Raises:
            RotationIncomplete: Rasa refuses, or neither it nor its environment is there.
        """
        if self._settings.holds_nothing:
            return 0
        left = None
        for _ in range(_MOST_PASSES):
            for step in self._pass():
                progress(step["renewed"])
                left = step["left"]
            if not left:
                break
        if left is None:
            raise RotationIncomplete("The tracker store did not say how many of its rows are left.")
        return int(left)

    def _pass(self) -> Iterator[dict[str, Any]]:
        for url in self._settings.rasa_urls:
            try:
                yield from self._ask(url)
                return
            except httpx.TransportError:
                continue  # this process does not run; another one has the same store
        yield from self._run_command()

    def _ask(self, url: str) -> Iterator[dict[str, Any]]:
        token = token_file(self._settings.token_file)
        after: Any = None
        with httpx.Client(timeout=_TIMEOUT_S, headers={"Authorization": f"Bearer {token}"}) as client:
            while True:
                answer = client.post(f"{url}/webhooks/careline/renew", json={"after": after})
                if answer.status_code != httpx.codes.OK:
                    raise RotationIncomplete(
                        f"Rasa at {url} did not renew its rows ({answer.status_code}){_why(answer)}"
                    )
                step = answer.json()
                yield step
                after = step["next"]
                if after is None:
                    return

    def _run_command(self) -> Iterator[dict[str, Any]]:
        python = self._settings.rasa_python
        if not python.exists():
            raise RotationIncomplete(
                "Rasa does not answer, and its environment is not here. Start Rasa and run rotate-keys again, or run"
                " `python -m bot.tracker_store` in its environment and then rotate-keys."
            )
        command = [str(python), "-W", "ignore", "-m", "bot.tracker_store"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own command
            for line in process.stdout or ():
                yield json.loads(line)
        if process.returncode:
            raise RotationIncomplete("The tracker store was not renewed: see the message above.")


def _why(answer: httpx.Response) -> str:
    try:
        return f": {answer.json()['error']['message']}"
    except (ValueError, KeyError, TypeError):
        return "."
