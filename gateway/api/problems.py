"""Errors of the API as problems in JSON (RFC 9457), and their place in its description."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from crm.errors import CrmError, InvalidInput, NotEligible, NotFound
from crm.services.handoffs import Taken
from gateway.desk.rendering import TEXTS
from gateway.errors import Refusal
from gateway.texts import FALLBACK

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:careline:problem:"
_STATUS_OF_REFUSAL = {"too_large": 413, "bad_type": 415, "too_fast": 429, "unavailable": 503}
_RETRY_AFTER = {429: "1", 503: "5"}
_WHEN = {
    401: "Nobody is logged in, or the token is unknown, revoked or expired.",
    403: "The permission that this needs is missing, or the conversation is with a colleague.",
    404: "There is no such thing, or it was erased.",
    409: "As things stand it is not possible: a colleague has the customer (`by`), it is over, or not yours.",
    413: "What was sent is larger than it may be.",
    415: "Files of this type are not taken.",
    422: "Something that was sent cannot be accepted; `errors` says what.",
    429: "Too many requests; `Retry-After` says when to go on.",
}


class FieldError(BaseModel):
    """What is wrong with a part of a request; `field` is its path, such as `body.text`."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was not carried out. `type` is stable, `detail` is for people."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    """Only with 422."""
    by: str | None = None
    """Only with 409: the colleague who has the customer."""


class Denied(Exception):
    """The conversation is none that the member may see."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What FastAPI needs to describe the problems of an operation."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _WHEN[status], "content": content} for status in statuses}


def problem(status: int, kind: str, detail: str, **more: Any) -> Response:
    """A problem as a response."""
    found = Problem(type=_TYPE + kind, title=HTTPStatus(status).phrase, status=status, detail=detail, **more)
    headers = {"Cache-Control": "no-store"}
    if status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[status]
    return JSONResponse(found.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def install(api: FastAPI) -> None:
    """Let the API answer with problems, whatever was raised."""
    answers: dict[type[Exception], Callable[[Any], Response]] = {
        HTTPException: _of_http,
        RequestValidationError: _of_validation,
        Denied: lambda _: problem(403, "forbidden", "This conversation is with a colleague."),
        Refusal: _of_refusal,
        CrmError: _of_store,
    }
    for raised, answer in answers.items():
        api.add_exception_handler(raised, _handler(answer))


def _handler(answer: Callable[[Any], Response]) -> Callable[[Request, Exception], Any]:
    async def handle(_: Request, error: Exception) -> Response:
        return answer(error)

    return handle


def _of_http(error: HTTPException) -> Response:
    if error.status_code == 400:  # FastAPI's, for a body that is no UTF-8; other bodies that are no JSON get a 422
        return problem(422, "invalid", "The body cannot be read.")
    answer = problem(error.status_code, "http", str(error.detail))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _of_validation(error: RequestValidationError) -> Response:
    found = [FieldError(field=_path(each["loc"]), message=str(each["msg"])) for each in error.errors()]
    return problem(422, "invalid", "Something that was sent cannot be accepted.", errors=found)


def _of_refusal(error: Refusal) -> Response:
    detail = TEXTS.get(FALLBACK, f"refused.{error.code}")
    return problem(_STATUS_OF_REFUSAL.get(error.code, 422), error.code, detail)


def _of_store(error: CrmError) -> Response:
    if isinstance(error, NotFound):
        return problem(404, "not_found", str(error))
    if isinstance(error, InvalidInput):
        wrong = FieldError(field=error.field, message=str(error))
        return problem(422, "invalid", "Something that was sent cannot be accepted.", errors=[wrong])
    if isinstance(error, Taken):
        return problem(409, "taken", str(error), by=error.by)
    if isinstance(error, NotEligible):
        return problem(409, "not_possible", str(error))
    raise error


def _path(parts: Iterable[object]) -> str:
    return ".".join(str(part) for part in parts)
