import stat
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault import MasterKeyError, SealError, StatementError, Vault, token_file
from vault.keys import MasterKey

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


def make_vault(*secrets: bytes) -> Vault:
    return Vault([MasterKey(secret) for secret in secrets or (b"a" * 32,)])


@given(st.binary(), st.text())
def test_opens_what_it_sealed(plain, place):
    vault = make_vault()
    assert vault.open(vault.seal(plain, place), place) == plain


@given(st.data())
def test_one_flipped_bit_is_an_error(data):
    vault = make_vault()
    sealed = bytearray(vault.seal(b"born 1980-03-04", "customers.birth_date"))
    position = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[position // 8] ^= 1 << position % 8
    with pytest.raises(SealError):
        vault.open(bytes(sealed), "customers.birth_date")


@given(st.binary(max_size=64))
def test_garbage_is_an_error(garbage):
    with pytest.raises(SealError):
        make_vault().open(garbage, "a.b")


def test_a_value_moved_to_another_column_is_an_error():
    vault = make_vault()
    with pytest.raises(SealError):
        vault.open(vault.seal(b"x", "customers.first_name"), "customers.last_name")


def test_the_same_value_is_sealed_differently_each_time():
    vault = make_vault()
    assert vault.seal(b"x", "a.b") != vault.seal(b"x", "a.b")


def test_an_older_key_still_opens():
    sealed = make_vault(b"o" * 32).seal(b"x", "a.b")
    assert make_vault(b"n" * 32, b"o" * 32).open(sealed, "a.b") == b"x"


def test_a_foreign_key_does_not_open():
    with pytest.raises(SealError, match="not configured"):
        make_vault(b"n" * 32).open(make_vault(b"o" * 32).seal(b"x", "a.b"), "a.b")


def test_a_blind_index_is_equal_for_equal_values_of_one_place_only():
    vault = make_vault()
    assert vault.blind_index("x", "a.b") == vault.blind_index("x", "a.b")
    assert vault.blind_index("x", "a.b") != vault.blind_index("x", "a.c")
    assert vault.blind_index("x", "a.b") != make_vault(b"z" * 32).blind_index("x", "a.b")


def test_a_statement_returns_its_claims_until_it_expires():
    vault = make_vault()
    token = vault.sign({"conversation": "c"}, "turn", MINUTE, NOW)
    assert vault.verify(token, "turn", NOW + MINUTE) == {"conversation": "c"}
    with pytest.raises(StatementError, match="expired"):
        vault.verify(token, "turn", NOW + 2 * MINUTE)


def test_a_statement_serves_one_purpose():
    vault = make_vault()
    with pytest.raises(StatementError):
        vault.verify(vault.sign({}, "turn", MINUTE, NOW), "browser", NOW)


@given(st.one_of(st.text(), st.none(), st.integers()))
def test_anything_else_is_not_a_statement(token):
    with pytest.raises(StatementError):
        make_vault().verify(token, "turn", NOW)


def test_the_first_run_makes_a_private_key_file_and_later_runs_read_it(tmp_path):
    path = tmp_path / "var" / "master.key"
    sealed = Vault.load(path, {}).seal(b"x", "a.b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault.load(path, {}).open(sealed, "a.b") == b"x"
    assert {found.name for found in path.parent.iterdir()} == {"master.key", "key.ring", "key.ring.lock"}
    assert {stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()} == {0o600}


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "master.key"
    Vault.load(path, {})
    path.chmod(0o644)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        Vault.load(path, {})


@pytest.mark.parametrize("text", ["short", "%%%", "YWJj"])
def test_a_malformed_key_in_the_environment_is_refused_without_quoting_it(tmp_path, text):
    with pytest.raises(MasterKeyError) as caught:
        Vault.load(tmp_path / "unused", {"CARELINE_MASTER_KEY": text})
    assert text not in str(caught.value)


def test_a_token_file_keeps_its_token(tmp_path):
    assert token_file(tmp_path / "t") == token_file(tmp_path / "t")
    assert len(token_file(tmp_path / "t")) >= 40
