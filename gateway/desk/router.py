"""The desk on the application: its routes, its files, and what they work with."""

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from crm.errors import NotFound
from gateway.desk import (
    routes_board,
    routes_calls,
    routes_canned,
    routes_conversation,
    routes_events,
    routes_export,
    routes_figures,
    routes_handoff,
    routes_queue,
    routes_review,
    routes_search,
    routes_sidebar,
    routes_webhooks,
)
from gateway.desk.rendering import render
from gateway.desk.work import Desk

ROUTES = (
    routes_queue,
    routes_events,
    routes_conversation,
    routes_handoff,
    routes_calls,
    routes_sidebar,
    routes_export,
    routes_search,
    routes_board,
    routes_figures,
    routes_review,
    routes_canned,
    routes_webhooks,
)


class Assets(StaticFiles):
    """Script, style and icon, as the front end's build left them in web/dist/desk; asked for anew each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or 304 when the browser has it already."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def put_up(app: FastAPI, desk: Desk, web_root: Path) -> None:
    """Put the desk's pages on the application; the guard has to be there."""
    app.state.desk = desk
    app.add_exception_handler(NotFound, _missing)
    app.mount("/desk/assets", Assets(directory=web_root / "desk", check_dir=False))
    for pages in ROUTES:
        app.include_router(pages.router)


async def _missing(request: Request, _: Exception) -> Response:
    """What a route looked for and did not find, such as a conversation that was erased meanwhile."""
    return render(request, "refused.html", getattr(request.state, "member", None), status_code=404, why="missing")
