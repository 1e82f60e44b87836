"""A real call: baresip dials Asterisk, whose dial plan (deploy/asterisk) brings it to a real gateway."""

import sqlite3
import urllib.error
import urllib.request

import numpy as np
import pytest

from tests.e2e.stack import Stack
from tests.telephony import asterisk as telephone_system
from tests.telephony import phone as telephone

WHY = telephone_system.missing() or telephone.missing()
pytestmark = pytest.mark.skipif(bool(WHY), reason=f"no real call: {WHY}")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    port = str(telephone_system.free_port(telephone_system.socket.SOCK_STREAM))
    voice = {"CARELINE_VOICE": "on", "CARELINE_VOICE_AUDIOSOCKET_PORT": port}
    with Stack(tmp_path_factory.mktemp("stack") / "var", **voice) as running:
        yield running, f"127.0.0.1:{port}"


def secret_of(stack):
    """The secret is made when it is first asked for."""
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{stack.url}/voice/asterisk/next", data=b"secret=x", timeout=60)
    return (stack.var / "telephone.secret").read_text(encoding="utf-8").strip()


def loudness(phone):
    pcm, _ = phone.heard()
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(float)
    return float(np.abs(samples).max()) if len(samples) else 0.0


def test_the_greeting_is_heard_and_the_call_is_recorded(stack, tmp_path):
    running, sound = stack
    with (
        telephone_system.asterisk(running.url, sound, secret_of(running)) as asterisk,
        telephone.phone(tmp_path / "phone", "caller", "change-me-caller", asterisk.port) as phone,
    ):
        phone.dial("1000", asterisk.port)
        telephone_system.until(lambda: loudness(phone) > 1000, "the greeting")
        phone.hang_up()
        with sqlite3.connect(f"file:{running.var / 'careline.db'}?mode=ro", uri=True) as store:
            ended = "SELECT count(*) FROM calls WHERE transport = 'audiosocket' AND ended_at IS NOT NULL"
            telephone_system.until(lambda: store.execute(ended).fetchone()[0] == 1, "its end")
