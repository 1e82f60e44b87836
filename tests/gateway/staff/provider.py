"""An identity provider that does what OpenID Connect Core 1.0 and RFC 7636 ask of one, and misbehaves on demand."""

import base64
import hmac
import secrets
import time
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "desk", "the client's secret"


class Provider:
    """One person is logged in at it, `person`; `spoil(claims)` and the attributes below make it misbehave.

    Attributes:
        asked: what came to the authorization endpoint, and `exchanged` to the token endpoint.
        signs_with: the key that ID tokens are signed with; None for one that is not published.
        groups_in_token: else they are told by the user info only.
    """

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, Any] = {
            "sub": "s-42",
            "preferred_username": "mia",
            "name": "Mia Chen",
            "email": "mia@example.com",
            "email_verified": True,
            "groups": ["everybody", "care"],
        }
        self.keys = [RSAKey.generate_key(2048, {"kid": "one"})]
        self.algorithm = "RS256"
        self.spoil = lambda claims: claims
        self.header: dict[str, Any] = {}
        self.signing_key: Any = None
        self.groups_in_token = True
        self.names_itself: str | None = None
        self.error: str | None = None
        self.asked: list[dict[str, str]] = []
        self.exchanged: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: set[str] = set()
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._description),
                Route("/keys", self._published),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    def change_keys(self) -> None:
        """Publish another key and sign with it."""
        self.keys = [ECKey.generate_key("P-256", {"kid": "two"})]
        self.algorithm = "ES256"

    async def _description(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.names_itself or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _published(self, _: Request) -> Response:
        return JSONResponse(KeySet(self.keys).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        answer = {"state": asked["state"], "iss": self.url}
        if self.error:
            answer["error"] = self.error
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self._codes[answer["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=302)

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.exchanged.append(form)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = (
            base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        )
        if (
            asked is None
            or not hmac.compare_digest(request.headers.get("authorization", ""), f"Basic {basic}")
            or form["redirect_uri"] != asked["redirect_uri"]
            or not hmac.compare_digest(challenge, asked["code_challenge"])
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        access_token = secrets.token_urlsafe(16)
        self._tokens.add(access_token)
        return JSONResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "id_token": self._signed(asked["nonce"], access_token),
            }
        )

    def _signed(self, nonce: str, access_token: str) -> str:
        now = int(time.time())
        half = sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(), **self.person,
        }  # fmt: skip
        if not self.groups_in_token:
            del claims["groups"]
        key = self.signing_key or self.keys[0]
        header = {"alg": self.algorithm, "kid": self.keys[0].kid, **self.header}
        return jwt.encode(header, self.spoil(claims), key, algorithms=[header["alg"]])

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return JSONResponse({}, status_code=401)
        return JSONResponse(self.person)
