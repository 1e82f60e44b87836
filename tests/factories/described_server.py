"""A server made from an OpenAPI description: it answers with the examples and takes nothing that is not described.

Requests and responses are checked against the schemas, so neither side of a test can drift from the description.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_METHODS = ("get", "post", "patch", "put", "delete")


@dataclass
class Seen:
    """A request that arrived."""

    operation: str
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class DescribedServer:
    """The application, what arrived, and what a test wants answered.

    Attributes:
        answers: by operation, (status, content) to answer with in place of the example, one after the other; the last
            one stays.
        faults: what was not as described, on either side.
    """

    description: dict[str, Any]
    token: str
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    kept: dict[str, tuple[int, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path, token: str) -> "DescribedServer":
        return cls(yaml.safe_load(file.read_text(encoding="utf-8")), token)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any], list[dict[str, Any]]]]:
        """Path, method, operation and all its parameters."""
        for path, item in self.description["paths"].items():
            for method in _METHODS:
                if method in item:
                    shared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                    yield path, method, item[method], [self.resolved(one) for one in shared]

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            found: Any = self.description
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        whole = {**schema, "components": self.description["components"]}
        return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(path, self._endpoint(operation, parameters), methods=[method.upper()])
                for path, method, operation, parameters in self.operations()
            ]
        )

    def _endpoint(self, operation: dict[str, Any], parameters: list[dict[str, Any]]):
        async def answer(request: Request) -> Response:
            raw = await request.body()
            body = json.loads(raw) if raw else None
            name = operation["operationId"]
            self.seen.append(
                Seen(name, dict(request.path_params), dict(request.query_params), dict(request.headers), body)
            )
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return JSONResponse({"error": {"code": "unauthorised"}}, 401)
            fault = self._fault(operation, parameters, request, body)
            if fault:
                self.faults.append(f"{name}: {fault}")
                return JSONResponse({"error": {"code": "not_as_described", "message": fault}}, 400)
            key = request.headers.get("idempotency-key")
            if key in self.kept:
                status, content = self.kept[key]
            else:
                status, content = self._content(name, operation)
                if key and status < 400:
                    self.kept[key] = (status, content)
            return content if isinstance(content, Response) else JSONResponse(content, status)

        return answer

    def _fault(self, operation, parameters, request: Request, body: Any) -> str | None:
        sources = {"path": request.path_params, "query": request.query_params, "header": request.headers}
        for parameter in parameters:
            value = sources[parameter["in"]].get(parameter["name"])
            if value is None and parameter.get("required"):
                return f"{parameter['name']} is missing"
            if value is not None and not self.validator(parameter["schema"]).is_valid(value):
                return f"{parameter['name']} is not as described"
        described = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        if unknown := set(request.query_params) - described:
            return f"{unknown} is not described"
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            return next((error.message for error in self.validator(schema).iter_errors(body)), None)
        return "a body is not described" if body is not None else None

    def _content(self, name: str, operation: dict[str, Any]) -> tuple[int, Any]:
        wanted = self.answers.get(name)
        if wanted:
            status, content = wanted[0] if len(wanted) == 1 else wanted.pop(0)
            if content is None and str(status) in operation["responses"]:
                content = self.example(operation, str(status))
            return status, content
        status = next(status for status in operation["responses"] if status.startswith("2"))
        return int(status), self.example(operation, status)

    def example(self, operation: dict[str, Any], status: str) -> Any:
        media = self.resolved(operation["responses"][status])["content"]["application/json"]
        return json.loads(json.dumps(media["example"], default=str))


@contextmanager
def served(server: DescribedServer) -> Iterator[DescribedServer]:
    """The server on a free port of this machine, in a thread."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        config = uvicorn.Config(server.app(), log_level="error", lifespan="off")
        web = uvicorn.Server(config)
        thread = threading.Thread(target=web.run, kwargs={"sockets": [free]}, daemon=True)
        free.listen()
        server.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        thread.start()
        try:
            yield server
        finally:
            web.should_exit = True
            thread.join(10)
