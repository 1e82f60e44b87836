"""Twilio Media Streams: calls of a number that Twilio answers, as mu-law over a WebSocket.

Set the number's "a call comes in" to `POST {CARELINE_VOICE_TWILIO_URL}/voice/twilio/answer`. Requests are signed:
https://www.twilio.com/docs/usage/security#validating-requests; messages of the socket:
https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import Response

from gateway.metrics import Metrics
from gateway.texts import Texts
from gateway.voice.calls import CallRefused, Calls
from gateway.voice.lines import MarkedLine
from gateway.voice.settings import LineSettings
from gateway.voice.sockets import Garbage, Intake, close, tell
from gateway.voice.tokens import Tickets
from voice.audio import from_mu_law, to_mu_law

log = logging.getLogger("gateway.voice")

ANSWER, STREAM = "/voice/twilio/answer", "/voice/twilio"
RATE = 8_000
_WIRE = 16_000  # bytes of JSON that a second of speech takes, roughly
_SPOKEN_AS = {"en": "en-US", "zh": "cmn-CN"}


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """What Twilio signs a request with: HMAC-SHA1 of the address and of every field's name and value, sorted by
    name."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class TwilioLine(MarkedLine):
    """A call that comes through Twilio."""

    def __init__(self, socket: WebSocket, stream: str, caller: str | None, language: str | None) -> None:
        super().__init__("twilio", RATE, caller=caller, language=language)
        self._socket = socket
        self._stream = stream

    async def _send_sound(self, frame: bytes) -> None:
        payload = base64.b64encode(to_mu_law(frame)).decode()
        await tell(self._socket, event="media", streamSid=self._stream, media={"payload": payload})

    async def _forget_sound(self) -> None:
        await tell(self._socket, event="clear", streamSid=self._stream)

    async def _send_mark(self, mark: int) -> None:
        await tell(self._socket, event="mark", streamSid=self._stream, mark={"name": str(mark)})


class TwilioCalls:
    """Answers the number, and serves its streams; there is nothing here unless Twilio is configured."""

    def __init__(
        self, calls: Calls, tickets: Tickets, texts: Texts, language: str, metrics: Metrics, settings: LineSettings
    ) -> None:
        self._calls = calls
        self._tickets = tickets
        self._texts = texts
        self._language = language
        self._metrics = metrics
        self._settings = settings
        self._url = settings.twilio_url.rstrip("/")
        self.router = APIRouter()
        if settings.has_twilio:
            self.router.add_api_route(ANSWER, self._answer, methods=["POST"])
            self.router.add_api_websocket_route(STREAM, self._socket)

    async def _answer(self, request: Request) -> Response:
        """TwiML that connects a call with us; `?language=zh` in the number's address asks for a language."""
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        url = self._url + ANSWER + (f"?{request.url.query}" if request.url.query else "")
        expected = signature(self._settings.twilio_token.get_secret_value(), url, form)
        if not hmac.compare_digest(expected.encode(), request.headers.get("x-twilio-signature", "").encode()):
            return Response(status_code=403)
        asked = request.query_params.get("language", "")
        language = asked if asked in self._texts.languages else self._language
        try:
            self._calls.check()
        except CallRefused as refused:
            self._metrics.refused_calls.labels("twilio", refused.code).inc()
            words = escape(self._texts.get(language, "call.refused"))
            spoken = _SPOKEN_AS.get(language, _SPOKEN_AS["en"])
            return _twiml(f"<Say language={quoteattr(spoken)}>{words}</Say><Hangup/>")
        ticket = self._tickets.issue(caller=form.get("From", "")[:32] or None, language=language)
        stream = "wss://" + self._url.partition("://")[2] + STREAM
        parameter = f'<Parameter name="ticket" value={quoteattr(ticket)}/>'
        return _twiml(f"<Connect><Stream url={quoteattr(stream)}>{parameter}</Stream></Connect>")

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        intake = Intake(socket, _WIRE)
        try:
            message = await intake.first(self._settings.first_frame_within)
            if message.get("event") == "connected":
                message = await intake.first(self._settings.first_frame_within)
            start = message.get("start") if message.get("event") == "start" else None
            parameters = start.get("customParameters") if isinstance(start, dict) else None
            claims = self._tickets.take(parameters.get("ticket")) if isinstance(parameters, dict) else None
            if claims is None:
                raise Garbage("it did not begin with a ticket")
            await self._call(socket, intake, str(message.get("streamSid", "")), claims)
        except (Garbage, CallRefused) as error:
            self._metrics.malformed.inc(isinstance(error, Garbage))
            with suppress(Exception):  # it may have gone meanwhile
                await close(socket, 1008)

    async def _call(self, socket: WebSocket, intake: Intake, stream: str, claims: Mapping[str, Any]) -> None:
        line = TwilioLine(socket, stream, claims.get("caller"), claims.get("language"))
        reading = asyncio.create_task(self._read(line, intake))
        try:
            await self._calls.serve(line)
        finally:
            line.hang_up("closed")
            reading.cancel()
        await close(socket)

    async def _read(self, line: TwilioLine, intake: Intake) -> None:
        """Tell the line what arrives, until the call is over."""
        try:
            async for message in intake:
                if not isinstance(message, dict):
                    raise Garbage("Twilio sends text")
                _take(line, message)
        except Garbage:
            self._metrics.malformed.inc()
            line.hang_up("lost")
        else:
            line.hang_up("lost")


def _take(line: TwilioLine, message: dict[str, Any]) -> None:
    """Tell a line what one message says; one of a kind we do not know says nothing.

    Raises:
        Garbage: it is of a kind we know, and cannot be read.
    """
    try:
        match message.get("event"):
            case "media":
                if message["media"].get("track", "inbound") == "inbound":
                    line.heard(from_mu_law(base64.b64decode(message["media"]["payload"], validate=True)))
            case "dtmf":
                line.pressed(str(message["dtmf"]["digit"]))
            case "mark":
                line.marked(int(message["mark"]["name"]))
            case "stop":
                line.hang_up("caller")
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise Garbage("a message of Twilio's lacks something") from error


def _twiml(verbs: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>', media_type="text/xml")
