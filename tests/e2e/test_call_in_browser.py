"""A call from the browser through the whole of the real system: spoken words in, a claim's status heard and read."""

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser import launched
from tests.e2e.conftest import UNLIMITED
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.calls, pytest.mark.slow, pytest.mark.timeout(420)]

QUESTION = "What is the status of my claim?"
SILENCE = 18.0  # seconds before each time it is asked: longer than the greeting takes
LINES = {"CARELINE_VOICE": "on", "CARELINE_VOICE_AUDIOSOCKET_PORT": "-1", "CARELINE_VOICE_NO_INPUT": "60"}


@pytest.fixture(scope="module")
def calling_stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("calls") / "var", **UNLIMITED, **LINES) as running:
        yield running


@pytest.fixture(scope="module")
def question(tmp_path_factory) -> Path:
    """A recording for the microphone, which is played over and over: a long silence, then the question."""
    folder = tmp_path_factory.mktemp("microphone")
    spoken, recording = folder / "spoken.wav", folder / "microphone.wav"
    if shutil.which("flite") is None:
        pytest.skip("flite speaks for the caller: install it (Debian: sudo apt-get install flite)")
    subprocess.run(["flite", "-voice", "slt", "-t", QUESTION, "-o", spoken], check=True)
    with wave.open(str(spoken)) as source:
        rate, pcm = source.getframerate(), source.readframes(source.getnframes())
    noise = np.random.default_rng(7).normal(0, 12, round(SILENCE * rate)).astype("<i2").tobytes()
    with wave.open(str(recording), "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", ""))
        target.writeframes(noise + pcm + noise[: 2 * rate])
    return recording


class Call:
    """The page, in a call; remembers what was heard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loud = 0  # frames with sound
        page.on("websocket", self._listen)
        self.said = page.get_by_role("log")

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes) and np.abs(np.frombuffer(payload, dtype="<i2").astype(np.int32)).max() > 500:
            self.loud += 1

    def hears(self, words: str) -> None:
        """Wait until something is said, as the captions have it, and its sound has begun."""
        before = self.loud
        expect(self.said).to_contain_text(words, ignore_case=True, timeout=120_000)
        while self.loud <= before + 5:
            self.page.wait_for_timeout(50)

    def types(self, keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def test_a_claims_status_is_asked_for_aloud_and_heard(calling_stack, question):
    who = calling_stack.customers[1]
    year, month, day = who.birth_date.split("-")
    microphone = f"--use-file-for-fake-audio-capture={question}"
    with launched(microphone) as browser:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{calling_stack.url}/call")
        expect(page.locator("body[data-ready]")).to_be_attached()
        while page.locator("body[data-state=ready]").count() == 0:
            page.reload()
        call = Call(page)
        page.get_by_role("button", name="Call", exact=True).click()
        call.hears("keep the sound")
        call.types("2")
        expect(call.said.locator(".caller")).to_contain_text(["status of my claim"], ignore_case=True, timeout=120_000)
        page.get_by_role("button", name="Mute").click()
        call.hears("policy number")
        call.types(who.policy_number.removeprefix("PA-"))
        call.hears("date of birth")
        call.types(day + month + year)
        call.hears("is that right")
        call.types("1")
        expect(call.said.locator(".bot")).to_contain_text(["CL-"], timeout=120_000)
        page.get_by_role("button", name="Hang up").click()
        expect(page.get_by_role("status")).to_have_text("The call has ended")
