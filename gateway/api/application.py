"""The API as an application of its own, mounted at /api: its errors are problems, its description is only its."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.routing import Mount

from gateway.api import (
    problems,
    routes_conversation,
    routes_customer,
    routes_help,
    routes_overview,
    routes_queue,
    routes_staff,
)
from gateway.api.callers import Pace
from gateway.api.pages import FOLDER, page
from gateway.api.problems import FieldError, Problem, documented
from gateway.bodies import Bounded
from gateway.desk.work import Desk
from gateway.settings import Settings
from gateway.staff.guard import install
from gateway.staff.state import Entrance

PATH = "/api"
VERSION = "1.0.0"
ROUTERS: tuple[APIRouter, ...] = (
    routes_queue.router,
    routes_conversation.router,
    routes_customer.router,
    routes_help.router,
    routes_overview.router,
    routes_staff.router,
)
_ALWAYS = documented(401, 403, 404, 409, 413, 415, 422, 429)
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of the API; its scopes are permissions."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "careline_staff",
        "description": "A log-in at the desk; what changes something carries X-CSRF-Token, too.",
    },
}
_NO_STORE = {"Cache-Control": "no-store"}


def put_up(
    app: FastAPI, desk: Desk, entrance: Entrance, pace: Pace, pseudonym: Callable[[str], str], settings: Settings
) -> FastAPI:
    """Mount the API on the application, whose guard has to be there; the API itself.

    Args:
        pseudonym: what stands for a network address where the limits are kept.
    """
    api = make()
    api.state.desk, api.state.entrance, api.state.pace, api.state.pseudonym = desk, entrance, pace, pseudonym
    api.add_middleware(Bounded, most=settings.max_payload, most_of_a_file=settings.upload_bytes)
    install(api, app.state.guard)
    route = Mount(PATH, api)
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)  # also a path with a line break is ours
    app.router.routes.append(route)
    return api


def make() -> FastAPI:
    """The API's routes and errors, with nothing to work with yet."""
    api = FastAPI(
        title="Careline staff API",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=_ALWAYS,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(api)
    for router in ROUTERS:
        api.include_router(router)
    api.openapi = cache(lambda: describe(api))  # type: ignore[method-assign]
    api.add_api_route("/openapi.json", _description, methods=["GET"], include_in_schema=False)
    api.add_api_route("/docs", _docs, methods=["GET"], include_in_schema=False)
    api.mount("/assets", StaticFiles(directory=FOLDER / "assets"))
    return api


def describe(api: FastAPI) -> dict[str, Any]:
    """The description of the API, OpenAPI 3.1."""
    found = get_openapi(
        title=api.title, version=api.version, routes=api.routes, servers=[{"url": PATH}],
        summary="What the staff desk's pages do, for other systems.",
    )  # fmt: skip
    components = found["components"]
    components["schemas"] |= {
        model.__name__: model.model_json_schema(ref_template="#/components/schemas/{model}") for model in (FieldError,)
    }
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    problem.pop("$defs", None)
    components["schemas"]["Problem"] = problem
    components["securitySchemes"] = _SECURITY
    found["security"] = [{name: []} for name in _SECURITY]
    needed = _permissions()
    for methods in found["paths"].values():
        for operation in methods.values():
            permission = needed.get(operation["operationId"])
            operation["x-permission"] = permission
            operation["summary"] = re.split(r"[.;:](?:\s|$)", operation["description"], maxsplit=1)[0]
            told = f"Needs the permission `{permission}`." if permission else "Whoever is logged in may."
            operation["description"] = f"{operation.get('description', '')}\n\n{told}".strip()
    return found


def _permissions() -> dict[str, str | None]:
    """What each operation needs, by its id."""
    found: dict[str, str | None] = {}
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                needs = [getattr(each.call, "permission", None) for each in route.dependant.dependencies]
                found[route.name] = next(filter(None, needs), None)
    return found


async def _description(request: Request) -> Response:
    return JSONResponse(request.app.openapi(), headers=_NO_STORE)


async def _docs(request: Request) -> Response:
    return HTMLResponse(page(request.app.openapi()), headers=_NO_STORE)
