"""Requests to the insurer's system: within limits of time, tried again only where that changes nothing."""

import logging
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from crm.connectors.errors import ConnectorMismatch, ConnectorRefused, ConnectorUnavailable
from crm.connectors.messages import Problem
from crm.errors import InvalidInput, NotEligible, NotFound

Answer = TypeVar("Answer", bound=BaseModel)

TIMEOUT = httpx.Timeout(4.0, connect=2.0)  # seconds, for each try
TRIES = 3  # of a safe call
PAUSES_S = (0.1, 0.4)
_AGAIN = frozenset({429, 502, 503, 504})
_FIELDS = frozenset({"phone", "email", "address", "postcode", "incident_on", "kind", "estimate", "attachments"})

logger = logging.getLogger(__name__)


class Caller:
    """One HTTP client for the life of the process; threads may share it."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=timeout,
            follow_redirects=False,  # the token goes to the configured host and nowhere else
            trust_env=False,
        )
        self._pause = pause

    def read(self, doing: str, path: str, answer: type[Answer], params: Mapping[str, Any] | None = None) -> Answer:
        """A GET; tried again when the system is out of reach."""
        return self._safe(doing, answer, lambda: self._client.get(path, params=dict(params or {})))

    def ask(self, doing: str, path: str, answer: type[Answer], body: BaseModel) -> Answer:
        """A POST that only asks, so that what is asked is in no log of addresses; tried again like a GET."""
        content = body.model_dump(mode="json")
        return self._safe(doing, answer, lambda: self._client.post(path, json=content))

    def write(self, doing: str, method: str, path: str, answer: type[Answer], body: BaseModel, key: str) -> Answer:
        """A change. It is tried once; whoever tries the same again with the same `key` makes it one change."""
        content = body.model_dump_json(exclude_none=True)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": sha256(f"{key} {method} {path} {content}".encode()).hexdigest(),
        }
        try:
            response = self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise ConnectorUnavailable(doing, type(error).__name__) from None
        return _read(doing, answer, response)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _safe(self, doing: str, answer: type[Answer], call: Callable[[], httpx.Response]) -> Answer:
        why = ""
        for tried in range(TRIES):
            try:
                response = call()
                if response.status_code not in _AGAIN:
                    return _read(doing, answer, response)
                why = f"status {response.status_code}"
            except httpx.HTTPError as error:
                why = type(error).__name__
            if tried < len(PAUSES_S):
                logger.info("the insurer's system is asked again", extra={"doing": doing, "why": why})
                self._pause(PAUSES_S[tried])
        raise ConnectorUnavailable(doing, why)


def path(*parts: str) -> str:
    """A relative path; whatever is in a part stays in it."""
    return "/".join(quote(part, safe="") for part in parts)


def _read(doing: str, answer: type[Answer], response: httpx.Response) -> Answer:
    if response.is_success:
        return parsed(doing, answer, response)
    if response.status_code in (401, 403):
        raise ConnectorRefused(doing, response.status_code)
    if response.status_code >= 500 or response.status_code == 429:
        raise ConnectorUnavailable(doing, f"status {response.status_code}")
    if response.status_code == 404:
        raise NotFound("The insurer's system knows no such thing of this customer.")
    if response.status_code == 409:
        raise NotEligible("The insurer's system does not allow this as things stand; offer a person.")
    if response.status_code == 422:
        problem = parsed(doing, Problem, response).error
        if problem.field in _FIELDS:
            raise InvalidInput(problem.field, "The insurer's system does not accept this value; ask for it again.")
    raise ConnectorMismatch(doing, f"status {response.status_code}")


def parsed(doing: str, answer: type[Answer], response: httpx.Response) -> Answer:
    """The content as a message; what is wrong with it is told by place, never by value."""
    try:
        return answer.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole answer"
        raise ConnectorMismatch(doing, f"{where}: {first['type']}") from None
