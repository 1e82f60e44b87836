"""OpenID Connect: the insurer's own identity provider says who somebody is.

The authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9207). The provider's
description and keys are fetched when first needed and kept for an hour. What has to come back with the browser is
sealed in a cookie of its own, so that any gateway process can finish what another began.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from crm.domain import Role
from crm.services.staff_single_sign_on import Identity
from gateway.clock import Clock
from gateway.staff.settings import StaffSettings
from vault import SealError, Vault

_PLACE = "staff.single_sign_on"
_LIFETIME = timedelta(minutes=10)  # to log in at the provider
_KEPT = timedelta(hours=1)
_LEEWAY_S = 60  # by which clocks of provider and gateway may differ
_PATIENCE_S = 10.0
_LONGEST_COOKIE = 4_000
# Signatures that only the provider can make; a symmetric one would accept what any holder of the secret signs.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_POWER = (Role.ADMIN, Role.SUPERVISOR, Role.AGENT, Role.ANALYST)  # of several roles the first counts


class SignOnFailed(Exception):
    """The provider's answer cannot be used; `reason` is `provider`, `expired`, `denied` or `no_role`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and what its cookie keeps meanwhile."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class _Provider:
    metadata: dict[str, Any]
    keys: KeySet
    fetched_at: datetime


class SingleSignOn:
    """The relying party of one provider."""

    def __init__(self, settings: StaffSettings, vault: Vault, clock: Clock) -> None:
        self._settings = settings
        self._vault = vault
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=_PATIENCE_S, follow_redirects=False)
        self._known: _Provider | None = None

    @property
    def name(self) -> str:
        """What the button calls the provider; empty for the general words."""
        return self._settings.oidc_name

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def depart(self, redirect_url: str, next_page: str, language: str) -> Departure:
        """Send somebody to the provider. Raises `SignOnFailed`: it does not answer."""
        provider = await self._provider()
        kept = {
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(32),
            "verifier": secrets.token_urlsafe(48),
            "redirect": redirect_url,
            "next": next_page,
            "until": (self._clock() + _LIFETIME).timestamp(),
        }
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": redirect_url,
            "scope": self._settings.oidc_scopes,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": create_s256_code_challenge(kept["verifier"]),
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        endpoint = provider.metadata["authorization_endpoint"]
        url = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
        return Departure(url, self._seal(kept))

    async def arrive(self, cookie: str, answer: dict[str, str]) -> tuple[Identity, str]:
        """Who came back from the provider, and the page they wanted.

        Args:
            cookie: as `depart` gave it.
            answer: the query of the provider's redirect.

        Raises:
            SignOnFailed: nothing that was asked for came back, or it does not prove anything.
        """
        kept = self._opened(cookie)
        if not hmac.compare_digest(answer.get("state", "").encode(), str(kept["state"]).encode()):
            raise SignOnFailed("expired", "the state is not the one that was sent")
        provider = await self._provider()
        issuer = provider.metadata["issuer"]
        unnamed = "" if provider.metadata.get("authorization_response_iss_parameter_supported") else issuer
        if answer.get("iss", unnamed) != issuer:
            raise SignOnFailed("provider", "the answer names another issuer")
        if "error" in answer or not answer.get("code"):
            raise SignOnFailed("denied", f"the provider answered {answer.get('error', 'without a code')}")
        tokens = await self._exchange(provider, answer["code"], kept)
        claims = await self._claims(provider, tokens, str(kept["nonce"]))
        return self._identity(claims), str(kept["next"])

    async def _exchange(self, provider: _Provider, code: str, kept: dict[str, Any]) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["redirect"],
            "code_verifier": kept["verifier"],
            "client_id": self._settings.oidc_client_id,
        }
        secret = self._settings.client_secret
        methods = provider.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth: httpx.Auth | None = None
        if secret and "client_secret_basic" in methods:
            auth = httpx.BasicAuth(self._settings.oidc_client_id, secret)
        elif secret:
            form["client_secret"] = secret
        tokens = await self._json("POST", provider.metadata["token_endpoint"], data=form, auth=auth)
        if not isinstance(tokens.get("id_token"), str):
            raise SignOnFailed("provider", "the answer holds no ID token")
        return tokens

    async def _claims(self, provider: _Provider, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        """What the ID token says, once signature, issuer, audience, times and nonce are as they have to be."""
        try:
            claims = self._verified(provider, tokens, nonce)
        except (JoseError, ValueError):
            # The provider may have changed its keys since they were fetched.
            provider = await self._provider(anew=True)
            try:
                claims = self._verified(provider, tokens, nonce)
            except (JoseError, ValueError) as error:
                raise SignOnFailed("provider", f"the ID token is not valid: {type(error).__name__}") from error
        if self._settings.oidc_groups_claim not in claims and provider.metadata.get("userinfo_endpoint"):
            claims |= await self._told_to_us(provider, tokens, str(claims["sub"]))
        return claims

    def _verified(self, provider: _Provider, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        offered = provider.metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = [name for name in _ALGORITHMS if name in offered]
        token = jwt.decode(tokens["id_token"], provider.keys, algorithms=algorithms)
        options = {
            "iss": {"essential": True, "value": provider.metadata["issuer"]},
            "aud": {"essential": True, "value": self._settings.oidc_client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {
            "nonce": nonce,
            "client_id": self._settings.oidc_client_id,
            "access_token": tokens.get("access_token"),
        }
        claims = CodeIDToken(dict(token.claims), dict(token.header), options, params)
        claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY_S)
        return dict(token.claims)

    async def _told_to_us(self, provider: _Provider, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
        """Further claims from the provider's user info, which has to be about the same person."""
        headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        told = await self._json("GET", provider.metadata["userinfo_endpoint"], headers=headers)
        if told.get("sub") != subject:
            raise SignOnFailed("provider", "the user info is about somebody else")
        return told

    def _identity(self, claims: dict[str, Any]) -> Identity:
        groups = claims.get(self._settings.oidc_groups_claim) or ()
        groups = (groups,) if isinstance(groups, str) else groups
        roles = {self._settings.oidc_roles[group] for group in groups if group in self._settings.oidc_roles}
        if not roles:
            raise SignOnFailed("no_role", "none of the person's groups has a role here")
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(
            issuer=str(claims["iss"]),
            subject=str(claims["sub"]),
            username=str(claims.get("preferred_username") or email or ""),
            name=str(claims.get("name") or ""),
            email=None if email is None else str(email),
            language=str(claims.get("locale") or "en"),
            role=next(role for role in _POWER if role in roles),
        )

    async def _provider(self, *, anew: bool = False) -> _Provider:
        known, now = self._known, self._clock()
        if known is not None and not anew and now - known.fetched_at < _KEPT:
            return known
        issuer = self._settings.oidc_issuer
        metadata = await self._json("GET", get_well_known_url(issuer, external=True))
        if metadata.get("issuer") != issuer:
            raise SignOnFailed("provider", f"the provider calls itself {metadata.get('issuer')}, not {issuer}")
        fetched = await self._json("GET", str(metadata.get("jwks_uri", "")))
        try:
            if issuer.startswith("https://"):  # the standard refuses plain http, a trial on one machine need not
                OpenIDProviderMetadata(metadata).validate()
            keys = KeySet.import_key_set(fetched)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError) as error:
            raise SignOnFailed("provider", f"the provider's description or keys are not valid: {error}") from error
        self._known = _Provider(metadata, keys, now)
        return self._known

    async def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, url, **options)
            answer.raise_for_status()
            content = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SignOnFailed("provider", f"the provider did not answer: {type(error).__name__}") from error
        if not isinstance(content, dict):
            raise SignOnFailed("provider", "the provider answered with something else than an object")
        return content

    def _seal(self, kept: dict[str, Any]) -> str:
        sealed = self._vault.seal(json.dumps(kept).encode(), _PLACE)
        return base64.urlsafe_b64encode(sealed).decode()

    def _opened(self, cookie: str) -> dict[str, Any]:
        try:
            if not cookie or len(cookie) > _LONGEST_COOKIE:
                raise ValueError("no cookie")
            kept: dict[str, Any] = json.loads(self._vault.open(base64.urlsafe_b64decode(cookie), _PLACE))
        except (ValueError, SealError) as error:
            raise SignOnFailed("expired", "nothing was kept of a departure") from error
        if self._clock().timestamp() > kept["until"]:
            raise SignOnFailed("expired", "the log-in at the provider took too long")
        return kept
