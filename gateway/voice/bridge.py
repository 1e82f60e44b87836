"""Calls of this gateway as the desk takes part in them: captions for whoever watches, sound for the one who talks.

A call's sound is in one process alone: where the telephone system, the browser or Twilio is connected. A person who
opens the desk's page through another gateway reads along, and can type to the caller, but neither hears nor speaks.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from vault.masking import mask_personal
from voice.audio import Resampler
from voice.ports import Caption

RATE = 16_000  # samples a second of the sound at the desk, both ways
_AHEAD = (
    0.4  # seconds that a person's sound may be ahead of what the caller hears: more is a stalled network's, and old
)
_MOST_SOUND = 50  # pieces of the caller's sound that wait for a slow desk
_MOST_NEWS = 200
_LAST_CAPTIONS = 6  # shown to who comes in the middle

News = Mapping[str, Any]


class Seat:
    """One page of the desk that shows a call; with `talks` it hears the caller and speaks to them."""

    def __init__(self, bridge: "CallBridge", *, talks: bool) -> None:
        self._bridge = bridge
        self.talks = talks
        self._news: deque[News | None] = deque()
        self._sound: deque[bytes] = deque(maxlen=_MOST_SOUND)
        self._woken = asyncio.Event()
        self._in = Resampler(RATE, bridge.rate)
        self._out = Resampler(bridge.rate, RATE)

    def speak(self, pcm: bytes) -> None:
        """Sound of the person, 16 kHz; dropped unless this is the seat that talks."""
        if self.talks:
            self._bridge.spoken(self._in.feed(pcm))

    async def receive(self) -> AsyncIterator[bytes | News]:
        """Sound of the caller (16 kHz) and news, as they come; ends with the call, or when somebody else talks now."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._news or self._sound:
                if self._sound:
                    yield self._sound.popleft()
                    continue
                news = self._news.popleft()
                if news is None:
                    return
                yield news

    def hear(self, pcm: bytes) -> None:
        """Sound of the caller at the call's rate; what a slow desk has not taken in time is dropped."""
        if self.talks:
            self._sound.append(self._out.feed(pcm))
            self._woken.set()

    def tell(self, news: News | None) -> None:
        """Something to show; None is the end."""
        if len(self._news) < _MOST_NEWS or news is None:
            self._news.append(news)
        self._woken.set()


class CallBridge:
    """A `voice.ports.Bridge`; one a call."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._seats: list[Seat] = []
        self._captions: deque[News] = deque(maxlen=_LAST_CAPTIONS)
        self._spoken: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._heard_until = 0.0
        self.is_over = False

    # --- the call's side

    async def to_person(self, pcm: bytes) -> None:
        """See `Bridge.to_person`."""
        for seat in self._seats:
            seat.hear(pcm)

    async def from_person(self) -> AsyncIterator[bytes]:
        """See `Bridge.from_person`; a person whose page is loaded anew has not gone: it ends with the call alone."""
        while not self.is_over and (pcm := await self._spoken.get()) is not None:
            yield pcm

    async def caption(self, caption: Caption) -> None:
        """Show what somebody says; what is personal and of known shape is masked, as everywhere at the desk."""
        news = {"kind": "caption", "who": str(caption.who), "text": mask_personal(caption.text), "final": caption.final}
        if self._captions and not self._captions[-1]["final"] and self._captions[-1]["who"] == news["who"]:
            self._captions.pop()
        self._captions.append(news)
        for seat in self._seats:
            seat.tell(news)

    def transferred(self, queue: str) -> None:
        """The telephone system takes the caller to a queue of its own."""
        for seat in self._seats:
            seat.tell({"kind": "transferred", "queue": queue})

    def close(self) -> None:
        """The call is over."""
        self.is_over = True
        self._spoken.put_nowait(None)
        for seat in self._seats:
            seat.tell({"kind": "over"})
            seat.tell(None)

    # --- the desk's side

    @contextmanager
    def seat(self, *, talks: bool) -> Iterator[Seat]:
        """A place at the call. Of those who talk there is one: whoever comes later takes their place."""
        taken = Seat(self, talks=talks)
        if talks:
            for other in self._seats:
                if other.talks:
                    other.talks = False
                    other.tell({"kind": "replaced"})
                    other.tell(None)
        for news in self._captions:
            taken.tell(news)
        self._seats.append(taken)
        try:
            yield taken
        finally:
            self._seats.remove(taken)

    def spoken(self, pcm: bytes) -> None:
        """Sound of the person for the caller. What comes faster than it can be heard was held up on its way, and is
        dropped: a conversation cannot run behind."""
        now = asyncio.get_running_loop().time()
        self._heard_until = max(self._heard_until, now)
        if pcm and not self.is_over and self._heard_until - now <= _AHEAD:
            self._heard_until += len(pcm) / (2 * self.rate)
            self._spoken.put_nowait(pcm)


class Bridges:
    """The bridges of the calls that go on in this gateway, by conversation."""

    def __init__(self) -> None:
        self._bridges: dict[str, CallBridge] = {}

    def find(self, conversation_id: str) -> CallBridge | None:
        """The bridge of a call; None when it is not here, or over."""
        return self._bridges.get(conversation_id)

    @contextmanager
    def open(self, conversation_id: str, rate: int) -> Iterator[CallBridge]:
        """The bridge of a call, for as long as that goes on."""
        bridge = self._bridges[conversation_id] = CallBridge(rate)
        try:
            yield bridge
        finally:
            del self._bridges[conversation_id]
            bridge.close()
