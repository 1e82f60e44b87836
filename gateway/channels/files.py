"""Uploads and downloads of the chat: `/chat/attachments`."""

import asyncio
import logging
from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from crm.errors import CrmError, NotFound
from gateway.archive import Archive
from gateway.attachments import check_file
from gateway.bodies import ENVELOPE, form_in_memory
from gateway.channels import wire
from gateway.errors import Refusal
from gateway.limits import Limiter, address_key
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.sessions import Browser, Browsers
from gateway.settings import Settings
from gateway.texts import Texts

log = logging.getLogger("gateway.files")

_STATUS = {
    "too_large": 413,
    "bad_type": 415,
    "too_fast": 429,
    "no_session": 404,
    "not_found": 404,
    "bad_origin": 403,
    "unavailable": 503,
}
_IMAGES_AT_ONCE = 2  # decoding takes a core and, for a large photo, a hundred megabytes


class Files:
    """The endpoints and what they need."""

    def __init__(
        self,
        archive: Archive,
        browsers: Browsers,
        origins: Origins,
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._archive = archive
        self._browsers = browsers
        self._origins = origins
        self._texts = texts
        self._metrics = metrics
        self._settings = settings
        self._by_session = Limiter(settings.upload_rate, settings.upload_burst)
        self._by_address = Limiter(settings.upload_rate * 10, settings.upload_burst * 5)
        self.limiters = {"upload session": self._by_session, "upload address": self._by_address}
        self._decoding = asyncio.Semaphore(_IMAGES_AT_ONCE)
        self.router = APIRouter()
        self.router.add_api_route("/chat/attachments", self.upload, methods=["POST"])
        self.router.add_api_route("/chat/attachments/{attachment_id}", self.download, methods=["GET"])

    async def upload(self, request: Request) -> Response:
        """Check, strip and store a file of a conversation that belongs to the browser."""
        try:
            return JSONResponse(await self._uploaded(request))
        except Refusal as refusal:
            return self._refused(refusal)

    async def download(self, request: Request, attachment_id: str, session_id: str = "") -> Response:
        """A file, for the browser whose conversation it is in."""
        try:
            self._check_origin(request)
            conversation_id = await self._own_conversation(request, session_id)
            view, content = await self._archive.attachment(conversation_id, attachment_id)
        except NotFound:
            return self._refused(Refusal("not_found"))
        except Refusal as refusal:
            return self._refused(refusal)
        headers = {
            "Content-Disposition": f"{_disposition(view.media_type)}; filename*=UTF-8''{quote(view.name)}",
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(content, media_type=view.media_type, headers=headers)

    async def _uploaded(self, request: Request) -> dict[str, object]:
        self._check_origin(request)
        self._by_address.check(self._browsers.pseudonym(address_key(request.client.host if request.client else None)))
        session_id, file = await self._form(request)
        conversation_id = await self._own_conversation(request, session_id)
        self._by_session.check(conversation_id)
        content = await file.read()
        if len(content) > self._settings.upload_bytes:
            raise Refusal("too_large")
        async with self._decoding:
            check = partial(check_file, file.filename or "", content, most_pixels=self._settings.upload_pixels)
            checked = await asyncio.to_thread(check)
        try:
            view = await self._archive.attach(conversation_id, checked.name, checked.media_type, checked.content)
        except CrmError as error:
            raise Refusal("bad_attachment") from error
        return wire.attachment(view)

    async def _form(self, request: Request) -> tuple[str, UploadFile]:
        """The form's fields."""
        limit = self._settings.upload_bytes + ENVELOPE
        if _declared_length(request) > limit:
            raise Refusal("too_large")
        form = await form_in_memory(request.headers, request.stream(), limit)
        session_id, file = form.get("session_id"), form.get("file")
        if not isinstance(file, UploadFile) or not isinstance(session_id, str):
            raise Refusal("bad_attachment")
        return session_id, file

    async def _own_conversation(self, request: Request, session_id: str) -> str:
        browser: Browser = request.scope["state"]["browser"]
        conversation = None
        if browser.issued is None and session_id.isascii():
            conversation = await self._archive.resume(session_id[:128], browser.ids)
        if conversation is None:
            raise Refusal("no_session")
        return conversation.id

    def _check_origin(self, request: Request) -> None:
        if not self._origins.allows_scope(request.scope):
            raise Refusal("bad_origin")

    def _refused(self, refusal: Refusal) -> Response:
        self._metrics.refusals.labels(refusal.code).inc()
        text = self._texts.get(self._settings.language, f"errors.{refusal.code}")
        return JSONResponse(
            {"error": {"code": refusal.code, "message": text}}, status_code=_STATUS.get(refusal.code, 400)
        )


def _declared_length(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0


def _disposition(media_type: str) -> str:
    """Images may be shown; a PDF can carry scripts of its own and is only ever saved."""
    return "inline" if media_type.startswith("image/") else "attachment"
