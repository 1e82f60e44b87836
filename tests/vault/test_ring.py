import json
import os
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault import KeyRingError, MasterKeyError, SealError, StatementError, Vault
from vault.keys import MasterKey, SecretKey
from vault.ring import STATEMENTS_LIVE, Ring, read_ring, utc_now, write_ring
from vault.ring_file import RingFile
from vault.wrapping import MasterKeyWrapper

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
WRAPPER = MasterKeyWrapper(MasterKey(b"m" * 32))
TEXT = write_ring(Ring.new(WRAPPER, [], NOW))


def read(text: str, *wrappers: MasterKeyWrapper) -> Ring:
    return read_ring(text, "key.ring", {wrapper.name: wrapper for wrapper in wrappers or (WRAPPER,)}, {})


def ids(ring: Ring) -> list[bytes]:
    return [key.key_id for key in (ring.root, *ring.keys)]


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "master.key"


def introduce(vault: Vault) -> None:
    with vault.file.locked():
        vault.file.change(lambda ring, wrapper: ring.with_next(wrapper, NOW))


def advance(vault: Vault) -> None:
    with vault.file.locked():
        vault.file.change(lambda ring, _: ring.advanced())


def drop(vault: Vault, now: datetime = NOW) -> None:
    with vault.file.locked():
        vault.file.change(lambda ring, wrapper: ring.without_old(wrapper, now))


def test_what_was_written_is_read():
    assert ids(read(TEXT)) == [
        bytes.fromhex(entry["id"]) for entry in (lambda c: [c["root"], *c["keys"]])(json.loads(TEXT))
    ]


def test_the_file_holds_no_key_in_the_clear():
    ring = Ring.new(WRAPPER, [MasterKey(b"o" * 32)], NOW)
    text = write_ring(ring)
    for key in (ring.root, *ring.keys):
        assert key.key.secret.hex() not in text
        assert key.key.secret not in text.encode()


@given(st.integers(0, len(TEXT) - 1))
def test_a_truncated_ring_says_what_to_do(length):
    with pytest.raises(KeyRingError, match="restore it from its back-up"):
        read(TEXT[:length])


@given(st.integers(0, len(TEXT.encode()) * 8 - 1))
def test_a_flipped_bit_never_yields_another_ring(position):
    raw = bytearray(TEXT.encode())
    raw[position // 8] ^= 1 << position % 8
    try:
        found = read(raw.decode("utf-8", "replace"))
    except KeyRingError:
        return
    assert [(key.key.secret, key.state) for key in found.keys] == [
        (key.key.secret, key.state) for key in read(TEXT).keys
    ]  # only white space was hit


def test_another_state_of_a_key_is_noticed():
    content = json.loads(write_ring(Ring.new(WRAPPER, [MasterKey(b"o" * 32)], NOW)))
    content["keys"][0]["state"], content["keys"][1]["state"] = "old", "active"
    with pytest.raises(KeyRingError):
        read(json.dumps(content))


def test_a_foreign_master_key_says_what_to_do():
    with pytest.raises(KeyRingError, match=r"master:.* not configured here.*same master key"):
        read(TEXT, MasterKeyWrapper(MasterKey(b"f" * 32)))


def test_known_secrets_need_no_keeper():
    known = {key.key_id: key.key for key in (read(TEXT).root, *read(TEXT).keys)}
    assert ids(read_ring(TEXT, "key.ring", {}, known)) == ids(read(TEXT))


def test_a_ring_that_others_can_read_is_refused(key_file):
    vault = Vault.load(key_file, {})
    vault.file.path.chmod(0o640)
    with pytest.raises(KeyRingError, match="chmod 600"):
        Vault.load(key_file, {})


def test_a_ring_that_is_gone_is_not_made_anew(key_file):
    vault = Vault.load(key_file, {})
    sealed = vault.seal(b"x", "a.b")
    vault.file.path.unlink()
    with pytest.raises(KeyRingError, match="is gone: restore it"):
        Vault.load(key_file, {})
    vault.refresh(force=True)
    assert vault.open(sealed, "a.b") == b"x"  # a running process goes on with what it holds


def test_processes_that_start_together_share_one_ring(key_file):
    code = (
        "import sys; from vault import Vault; v = Vault.load(sys.argv[1], {}); print(v.active_key.hex(), len(v.keys))"
    )
    command = [sys.executable, "-c", code, str(key_file)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    printed = {process.communicate()[0].strip() for process in started}
    assert len(printed) == 1
    assert printed.pop().endswith(" 1")
    assert stat.S_IMODE(key_file.with_name("key.ring").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({}, "etc/key.ring"),
        ({"CARELINE_KEY_RING": "{}/here.ring"}, "here.ring"),
        ({"CARELINE_MASTER_KEY_FILE": "{}/etc/master.key", "CARELINE_VAR": "{}/var"}, "var/key.ring"),
    ],
)
def test_where_the_ring_is(tmp_path, environ, place):
    environ = {name: value.format(tmp_path) for name, value in environ.items()}
    assert RingFile.beside(tmp_path / "etc/master.key", environ).path == tmp_path / place


class TestFormer:
    """What was sealed under the master key itself, before there was a ring."""

    @pytest.fixture
    def master(self, key_file):
        master = MasterKey(os.urandom(32))
        key_file.write_text(master.text)
        key_file.chmod(0o600)
        return master

    def test_sealed_values_open(self, master, key_file):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(12)
        body = AESGCM(master.derive("careline seal a.b")).encrypt(nonce, b"x", b"a.b")
        sealed = b"\x01" + master.key_id + nonce + body
        vault = Vault.load(key_file, {})
        assert vault.open(sealed, "a.b") == b"x"
        assert vault.seal(b"x", "a.b")[1:5] == vault.active_key != master.key_id
        assert vault.open(vault.reseal(sealed, "a.b"), "a.b") == b"x"

    def test_indexes_are_found_and_renewed(self, master, key_file):
        import hmac

        former = hmac.digest(master.derive("careline index a.b"), b"x", "sha256")[:16]
        vault = Vault.load(key_file, {})
        assert vault.blind_index("x", "a.b", other=True) == former
        assert vault.reindex(former, "a.b") == vault.blind_index("x", "a.b")

    def test_statements_are_verified(self, master, key_file):
        from vault import statements

        token = statements.sign(master.derive("careline statement browser"), {"browser": "b"}, timedelta(days=9), NOW)
        assert Vault.load(key_file, {}).verify(token, "browser", NOW) == {"browser": "b"}


class TestRotation:
    """What a process sees of another that rotates."""

    @pytest.fixture
    def here(self, key_file):
        return Vault.load(key_file, {})

    @pytest.fixture
    def there(self, key_file, here):
        return Vault.load(key_file, {})

    def test_a_value_under_a_key_not_seen_yet_opens(self, here, there):
        introduce(there)
        advance(there)
        there.refresh()
        assert here.open(there.seal(b"x", "a.b"), "a.b") == b"x"

    def test_the_next_key_is_known_before_it_seals(self, here, there):
        before = here.active_key
        introduce(there)
        here.refresh()
        assert here.seal(b"x", "a.b")[1:5] == before
        advance(there)
        there.refresh()
        assert here.blind_index("x", "a.b", other=True) == there.blind_index("x", "a.b")
        assert there.blind_index("x", "a.b", other=True) == here.blind_index("x", "a.b")

    def test_a_dropped_key_opens_nothing_and_says_so(self, here, there):
        sealed, index = here.seal(b"x", "a.b"), here.blind_index("x", "a.b")
        for step in (introduce, advance, drop):
            step(there)
        there.refresh()
        with pytest.raises(SealError, match="restore the key ring"):
            there.open(sealed, "a.b")
        with pytest.raises(SealError, match="not in the ring"):
            there.reindex(index, "a.b")

    def test_statements_outlive_their_key_until_the_last_has_expired(self, here):
        token = here.sign({"browser": "b"}, "browser", timedelta(days=1_000), NOW)
        for step in (introduce, advance, drop):
            step(here)
        here.refresh()
        assert here.verify(token, "browser", NOW) == {"browser": "b"}
        introduce(here)
        advance(here)
        drop(here, NOW + STATEMENTS_LIVE + timedelta(days=1))
        here.refresh()
        with pytest.raises(StatementError):
            here.verify(token, "browser", NOW)

    def test_a_key_is_remembered_when_nobody_asks_for_a_session(self, here, there, monkeypatch):
        introduce(there)
        advance(there)
        monkeypatch.setattr("vault.vault.monotonic", lambda: 1e12)  # a second later and more
        assert here.seal(b"x", "a.b")[1:5] == here.active_key
        assert here.active_key == read_active(here)


def read_active(vault: Vault) -> bytes:
    return vault.file.load().active.key_id


@given(st.binary(), st.text(min_size=1), st.text(min_size=1))
def test_renewed_values_stay_what_they_were(plain, value, place):
    old, new = SecretKey(b"o" * 32), SecretKey(b"n" * 32)
    before, after = Vault([old]), both(new, old)
    assert after.open(after.reseal(before.seal(plain, place), place), place) == plain
    assert after.reseal(after.seal(plain, place), place) is None
    assert after.reindex(before.blind_index(value, place), place) == after.blind_index(value, place)
    assert after.reindex(after.blind_index(value, place), place) is None


@given(st.binary(max_size=40))
def test_garbage_is_no_index(garbage):
    vault = Vault([SecretKey(b"o" * 32)])
    if garbage[:4] != vault.active_key:
        with pytest.raises(SealError):
            vault.reindex(garbage, "a.b")


def both(new: SecretKey, old: SecretKey) -> Vault:
    """A vault that seals with `new` and whose indexes go back to `old`, as after a rotation."""
    vault = Vault([old])
    ring = vault._ring.with_next(WRAPPER, utc_now())
    import dataclasses

    fresh = dataclasses.replace(ring.keys[-1], key=new)
    return Vault([], None, dataclasses.replace(ring, keys=(*ring.keys[:-1], fresh)).advanced())


class TestMasterKey:
    def test_a_new_master_key_opens_what_the_old_one_kept(self, key_file):
        running = Vault.load(key_file, {})
        sealed, before = running.seal(b"x", "a.b"), key_file.read_text()
        by, count = running.file.rewrap()
        assert key_file.read_text() != before
        assert len(key_file.read_text().split()) == 1
        assert count == 1
        assert by in {key.by for key in Vault.load(key_file, {}).keys}
        assert Vault.load(key_file, {}).open(sealed, "a.b") == b"x"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        running.refresh()
        assert running.open(sealed, "a.b") == b"x"
        key_file.write_text(before)
        with pytest.raises(KeyRingError, match="not configured here"):
            Vault.load(key_file, {})

    @pytest.mark.parametrize("killed_at", [1, 2, 3])
    def test_a_run_that_was_killed_is_run_again(self, key_file, monkeypatch, killed_at):
        from vault import ring_file

        sealed = Vault.load(key_file, {}).seal(b"x", "a.b")
        left = [killed_at]
        write = ring_file.replace_private

        def dies(*arguments):
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            write(*arguments)

        monkeypatch.setattr(ring_file, "replace_private", dies)
        with pytest.raises(KeyboardInterrupt):
            RingFile.beside(key_file, {}).rewrap()
        assert Vault.load(key_file, {}).open(sealed, "a.b") == b"x"
        monkeypatch.undo()
        RingFile.beside(key_file, {}).rewrap()
        assert len(key_file.read_text().split()) == 1
        assert Vault.load(key_file, {}).open(sealed, "a.b") == b"x"

    def test_keys_from_the_environment_are_changed_by_the_operator(self, tmp_path):
        old, new = MasterKey(b"o" * 32).text, MasterKey(b"n" * 32).text
        environ = {"CARELINE_MASTER_KEY": old}
        sealed = Vault.load(tmp_path / "unused", environ).seal(b"x", "a.b")
        with pytest.raises(KeyRingError, match="new,old"):
            RingFile.beside(tmp_path / "unused", environ).rewrap()
        RingFile.beside(tmp_path / "unused", {"CARELINE_MASTER_KEY": f"{new},{old}"}).rewrap()
        assert Vault.load(tmp_path / "unused", {"CARELINE_MASTER_KEY": new}).open(sealed, "a.b") == b"x"

    def test_an_unreadable_master_key_is_its_own_error(self, key_file):
        Vault.load(key_file, {})
        key_file.write_text("%%%")
        with pytest.raises(MasterKeyError):
            Vault.load(key_file, {})


def test_only_one_rotation_at_a_time(key_file):
    file = Vault.load(key_file, {}).file
    with file.rotating(), pytest.raises(KeyRingError, match="Another process"), file.rotating():
        pass
