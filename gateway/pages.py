"""The demo insurer's page and the widget's files, as the front end's build left them in web/dist."""

import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from gateway.settings import Settings
from gateway.texts import Texts

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(default=True)
)
_SAFE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_LONGEST_PATH = 200
_HASHED = re.compile(r"[.-](?=[A-Za-z_]*\d)[A-Za-z0-9_]{8,}\.[a-z0-9]+\Z")
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".map": "application/json", ".webp": "image/webp"}
_FOREVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
# The widget is meant to be embedded by other sites: its files may be loaded from anywhere.
_EMBEDDABLE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class Pages:
    """Serves what was built, and says so when nothing was."""

    def __init__(self, settings: Settings, texts: Texts) -> None:
        self._root = settings.web_root
        self._language = settings.language
        self._texts = texts
        self.router = APIRouter()
        self.router.add_api_route("/", self.index, methods=["GET", "HEAD"])
        self.router.add_api_route("/favicon.ico", self.favicon, methods=["GET"])
        self.router.add_api_route("/widget/{path:path}", self.widget, methods=["GET", "HEAD"])

    async def index(self) -> Response:
        """The demo insurer's page."""
        page = self._root / "index.html"
        if not page.is_file():
            return self._missing()
        return FileResponse(page, media_type="text/html", headers={"Cache-Control": _ASK_EACH_TIME})

    async def favicon(self) -> Response:
        """The page's icon, if the build has one; browsers ask for it unasked."""
        icon = self._root / "favicon.ico"
        return FileResponse(icon) if icon.is_file() else Response(status_code=204)

    async def widget(self, path: str) -> Response:
        """A file of the widget or the demo page; one with a hash of its content in its name may be kept for good."""
        return self._file(self._root / "widget", path) or self._file(self._root, path) or self._not_found()

    def _file(self, folder: Path, path: str) -> Response | None:
        if len(path) > _LONGEST_PATH or not _SAFE_PATH.fullmatch(path) or not (folder / path).is_file():
            return None
        name = path.rpartition("/")[2]
        kept = _FOREVER if _HASHED.search(name) else _ASK_EACH_TIME
        ending = "." + name.rpartition(".")[2]
        return FileResponse(
            folder / path, media_type=_TYPES.get(ending), headers={"Cache-Control": kept, **_EMBEDDABLE}
        )

    def _missing(self) -> Response:
        page = templates.get_template("notice.html").render(
            language=self._language,
            title=self._texts.get(self._language, "pages.widget_missing_title"),
            text=self._texts.get(self._language, "pages.widget_missing"),
        )
        return HTMLResponse(page, status_code=503, headers={"Cache-Control": "no-store"})

    def _not_found(self) -> Response:
        return Response(self._texts.get(self._language, "errors.not_found"), status_code=404, media_type="text/plain")
