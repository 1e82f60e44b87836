"""Data keys wrapped by a key server that speaks the "transit" interface (OpenBao, HashiCorp Vault)."""

import base64
import binascii
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from vault.errors import KeyWrapError
from vault.files import read_private

URL_VARIABLE = "CARELINE_TRANSIT_URL"
TOKEN_VARIABLE = "CARELINE_TRANSIT_TOKEN_FILE"  # noqa: S105 -- the name of a setting
_URL = re.compile(r"(https?://[^/]+(?:/.+)?)/keys/([\w.-]+)")
_TIMEOUT_S = 10


class TransitWrapper:
    """Asks `POST {mount}/encrypt/{key}` and `/decrypt/{key}`; the wrapping key never leaves the server.

    The data key's id goes along as associated data, so that one wrapped key does not pass for another.
    """

    def __init__(self, mount: str, key: str, token: str) -> None:
        """`mount` is the engine's address, such as `https://bao.example:8200/v1/transit`."""
        self.name = f"transit:{key}"
        self._mount, self._key, self._token = mount, key, token

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "TransitWrapper | None":
        """The wrapper that `CARELINE_TRANSIT_URL` (`{mount}/keys/{key}`) names; None without it.

        Raises:
            KeyWrapError: the address has another form, or there is no readable token file.
        """
        url = environ.get(URL_VARIABLE)
        if not url:
            return None
        parts = _URL.fullmatch(url)
        if parts is None:
            raise KeyWrapError(f"{URL_VARIABLE} must look like https://host:8200/v1/transit/keys/careline.")
        try:
            token = read_private(Path(environ.get(TOKEN_VARIABLE) or "var/transit.token"), KeyWrapError)
        except OSError as error:
            raise KeyWrapError(f"{TOKEN_VARIABLE} names no readable file ({type(error).__name__}).") from error
        return cls(parts[1], parts[2], token)

    def wrap(self, secret: bytes, key_id: bytes) -> bytes:
        """The server's ciphertext. Raises `KeyWrapError`."""
        return self._ask("encrypt", "ciphertext", key_id, plaintext=_base64(secret)).encode()

    def unwrap(self, wrapped: bytes, key_id: bytes) -> bytes:
        """The data key. Raises `KeyWrapError`."""
        plain = self._ask("decrypt", "plaintext", key_id, ciphertext=wrapped.decode("ascii", "replace"))
        try:
            return base64.b64decode(plain, validate=True)
        except binascii.Error:
            raise KeyWrapError("The key server's answer is not base64.") from None

    def _ask(self, verb: str, wanted: str, key_id: bytes, **body: str) -> str:
        request = urllib.request.Request(  # noqa: S310 -- the operator's own address, http or https by the pattern
            f"{self._mount}/{verb}/{self._key}",
            json.dumps({**body, "associated_data": _base64(key_id)}).encode(),
            {"X-Vault-Token": self._token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
                return str(json.load(response)["data"][wanted])
        except urllib.error.HTTPError as error:
            raise KeyWrapError(
                f"The key server refused to {verb} data key {key_id.hex()} ({error.code}): check the token, its"
                f" policy and the key {self._key!r}."
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyWrapError(f"The key server at {self._mount} does not answer ({type(error).__name__}).") from None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
