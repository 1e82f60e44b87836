"""Real calls: baresip dials Asterisk, whose dial plan (deploy/asterisk) brings them to a real gateway."""

import shutil
import urllib.error
import urllib.request
from datetime import datetime, timezone

import pytest
from sqlalchemy import select

from benchmarks.voice.speech import said
from crm.demo import desk
from crm.domain import PresenceStatus, Sender
from crm.schema import Call
from crm.services import calls, conversations, handoffs, presence, queue
from tests.e2e.stack import Stack
from tests.telephony import asterisk as telephone_system
from tests.telephony import phone as telephone
from tests.telephony.asterisk import until
from tests.telephony.hearing import is_in, seconds, spoken

WHY = telephone_system.missing() or telephone.missing()
pytestmark = [pytest.mark.skipif(bool(WHY), reason=f"no real call: {WHY}"), pytest.mark.timeout(420)]
GREETING = "You are speaking with our automatic assistant."
OPENING = "How can I help you?"
QUESTION = "What is the status of my claim?"
WITH_FLITE = pytest.mark.skipif(shutil.which("flite") is None, reason="flite speaks for the caller")


class House:
    """Careline and the telephone system, and what the tests look up in the store."""

    def __init__(self, stack, asterisk) -> None:
        self.stack = stack
        self.port = asterisk.port
        self.store = stack.store()

    def newest(self):
        """The call that came last."""
        with self.store.session() as session:
            number = session.scalars(select(Call.conversation_id).order_by(Call.started_at.desc())).first()
            return number and calls.call(session, number)

    def said(self, sender) -> list[str]:
        """What somebody has said in the newest call."""
        with self.store.session() as session:
            history = conversations.history(session, self.newest().conversation_id)
            return [message.text or "" for message in history if message.sender is sender]

    def waits(self):
        """Hand-offs that nobody has taken."""
        with self.store.session() as session:
            return [entry.handoff.id for entry in queue.waiting(session, now=now())]

    def colleague_takes(self, handoff: int) -> None:
        with self.store.session() as session:
            employee = desk.add_employee(session).id
            presence.set(session, employee, PresenceStatus.AVAILABLE, now=now())
            handoffs.take(session, handoff, employee, now=now(), force=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    port = str(telephone_system.free_port(telephone_system.socket.SOCK_STREAM))
    voice = {"CARELINE_VOICE": "on", "CARELINE_VOICE_AUDIOSOCKET_PORT": port, "CARELINE_VOICE_QUEUE": "customer-care"}
    with Stack(tmp_path_factory.mktemp("stack") / "var", **voice, CARELINE_VOICE_NO_INPUT="60") as stack:
        until(lambda: calls_are_taken(stack), "the engines")
        with telephone_system.asterisk(stack.url, f"127.0.0.1:{port}", secret_of(stack)) as asterisk:
            yield House(stack, asterisk)


def now() -> datetime:
    return datetime.now(timezone.utc)


def calls_are_taken(stack) -> bool:
    with urllib.request.urlopen(f"{stack.url}/ready", timeout=60) as answer:
        return b'"calls":"ready"' in answer.read()


def secret_of(stack):
    """The secret is made when it is first asked for."""
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{stack.url}/voice/asterisk/next", data=b"secret=x", timeout=60)
    return (stack.var / "telephone.secret").read_text(encoding="utf-8").strip()


def hears(phone, words: str) -> None:
    """Wait until something that calls always say alike has come out of the loudspeaker."""
    sound = spoken(words, phone.rate)
    until(lambda: is_in(sound, phone.heard(), phone.rate), words)


def agrees(house: House, phone) -> None:
    """Hear the greeting out, and press 1 for the sound to be kept."""
    hears(phone, GREETING)
    phone.press("1")
    until(lambda: house.newest().consent, "the caller's consent")
    hears(phone, OPENING)


@WITH_FLITE
def test_a_claims_status_is_asked_for_by_telephone_and_heard(house, tmp_path):
    who = house.stack.customers[1]
    year, month, day = who.birth_date.split("-")
    with telephone.phone(tmp_path / "phone", "caller", house.port) as phone:
        phone.dial("1000", house.port)
        agrees(house, phone)
        phone.wait_until_quiet()
        phone.say(said(QUESTION, "rms", phone.rate).pcm)
        until(lambda: "what is the status of my claim" in house.said(Sender.CUSTOMER), "the question to be understood")
        hears(phone, "First I need to know that it's you.")
        phone.press(who.policy_number.removeprefix("PA-"))
        until(lambda: who.policy_number in house.said(Sender.CUSTOMER), "the keys of the policy number")
        hears(phone, "Thank you. And your date of birth, please?")
        before = seconds(phone.heard(), phone.rate)
        phone.press(day + month + year + "1")  # it is read back; 1 says that it is right
        until(lambda: any("CL-" in text for text in house.said(Sender.BOT)), "the answer")
        answer = next(text for text in house.said(Sender.BOT) if "CL-" in text)
        length = seconds(spoken(answer, phone.rate), phone.rate)
        until(lambda: seconds(phone.heard(), phone.rate) - before > length, "the whole answer to be heard")
        phone.hang_up()
        until(lambda: house.newest().ended_at, "the end of the call")
    call = house.newest()
    assert (call.transport, call.rate, call.caller, call.why) == ("audiosocket", 8000, "100", "caller")


@WITH_FLITE
def test_a_caller_in_wideband_is_put_through_to_the_queue_when_a_colleague_takes_the_call(house, tmp_path):
    with (
        telephone.phone(tmp_path / "agent", "agent", house.port) as agent,
        telephone.phone(tmp_path / "phone", "caller", house.port, "G722") as phone,
    ):
        phone.dial("1001", house.port)
        agrees(house, phone)
        phone.press("0")
        until(house.waits, "the caller to wait for a person")
        house.colleague_takes(*house.waits())
        until(agent.is_talking, "the colleague's telephone")
        phone.say(said(QUESTION, "rms", phone.rate).pcm)
        sound = said(QUESTION, "rms", agent.rate).pcm
        until(lambda: is_in(sound, agent.heard(), agent.rate), "the caller's words at the colleague's ear")
        call = house.newest()
        assert (call.rate, call.why) == (16000, "transferred")
        phone.hang_up()
        until(lambda: not agent.is_talking(), "the colleague's telephone to hang up")


def test_callers_go_to_the_queue_while_the_gateway_is_away(tmp_path):
    nobody = f"127.0.0.1:{telephone_system.free_port(telephone_system.socket.SOCK_STREAM)}"
    with (
        telephone_system.asterisk(f"http://{nobody}", nobody, "secret") as asterisk,
        telephone.phone(tmp_path / "agent", "agent", asterisk.port) as agent,
        telephone.phone(tmp_path / "phone", "caller", asterisk.port) as phone,
    ):
        phone.dial("1000", asterisk.port)
        until(agent.is_talking, "the colleague's telephone")
        agent.hang_up()
        until(lambda: not phone.is_talking(), "the caller's telephone to hang up")
