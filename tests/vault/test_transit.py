"""The key server's side is played by a small server that follows the transit interface."""

import base64
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault import KeyRingError, KeyWrapError, Vault
from vault.ring_file import RingFile
from vault.transit import TransitWrapper

TOKEN = "s.transit-token"


class KeyServer(BaseHTTPRequestHandler):
    key = AESGCM(b"t" * 32)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        verb, name = self.path.removeprefix("/v1/transit/").split("/")
        bound = base64.b64decode(body["associated_data"])
        if self.headers["X-Vault-Token"] != TOKEN or name != "careline":
            return self._answer(403, {"errors": ["permission denied"]})
        if verb == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + self.key.encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
            return self._answer(200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}"}})
        try:
            sealed = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
            plain = self.key.decrypt(sealed[:12], sealed[12:], bound)
        except (InvalidTag, ValueError):
            return self._answer(400, {"errors": ["cipher: message authentication failed"]})
        return self._answer(200, {"data": {"plaintext": base64.b64encode(plain).decode()}})

    def _answer(self, status, content):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def url():
    server = HTTPServer(("127.0.0.1", 0), KeyServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/transit"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def environ(url, tmp_path):
    token = tmp_path / "transit.token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    return {"CARELINE_TRANSIT_URL": f"{url}/keys/careline", "CARELINE_TRANSIT_TOKEN_FILE": str(token)}


def test_what_was_wrapped_is_unwrapped(url):
    wrapper = TransitWrapper(url, "careline", TOKEN)
    wrapped = wrapper.wrap(b"s" * 32, b"id01")
    assert b"s" * 32 not in wrapped
    assert wrapper.unwrap(wrapped, b"id01") == b"s" * 32


def test_a_wrapped_key_does_not_pass_for_another(url):
    wrapper = TransitWrapper(url, "careline", TOKEN)
    with pytest.raises(KeyWrapError, match="refused to decrypt"):
        wrapper.unwrap(wrapper.wrap(b"s" * 32, b"id01"), b"id02")


@pytest.mark.parametrize(("key", "token"), [("careline", "wrong"), ("other", TOKEN)])
def test_a_refusal_says_what_to_check(url, key, token):
    with pytest.raises(KeyWrapError, match="check the token"):
        TransitWrapper(url, key, token).wrap(b"s" * 32, b"id01")


def test_a_server_that_is_away_is_an_error_without_the_token():
    with pytest.raises(KeyWrapError, match="does not answer") as caught:
        TransitWrapper("http://127.0.0.1:9/v1/transit", "careline", TOKEN).wrap(b"s" * 32, b"id01")
    assert TOKEN not in str(caught.value)


def test_an_installation_without_a_master_key(environ, tmp_path):
    key_file = tmp_path / "var" / "master.key"
    sealed = Vault.load(key_file, environ).seal(b"x", "a.b")
    assert not key_file.exists()
    assert Vault.load(key_file, environ).open(sealed, "a.b") == b"x"
    with pytest.raises(KeyRingError, match="transit:careline"):
        Vault.load(key_file, {})


def test_an_installation_moves_to_the_key_server(environ, tmp_path):
    key_file = tmp_path / "master.key"
    sealed = Vault.load(key_file, {}).seal(b"x", "a.b")
    assert RingFile.beside(key_file, environ).rewrap() == ("transit:careline", 1)
    key_file.unlink()
    assert Vault.load(key_file, environ).open(sealed, "a.b") == b"x"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://x/keys/y", "http://x/v1/transit/careline"])
def test_a_malformed_address_is_refused(url, tmp_path):
    with pytest.raises(KeyWrapError, match="must look like"):
        Vault.load(tmp_path / "master.key", {"CARELINE_TRANSIT_URL": url})


def test_a_token_file_that_others_can_read_is_refused(environ, tmp_path):
    (tmp_path / "transit.token").chmod(0o644)
    with pytest.raises(KeyWrapError, match="chmod 600"):
        Vault.load(tmp_path / "master.key", environ)
