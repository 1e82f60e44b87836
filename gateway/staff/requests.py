"""What a request to the desk carries: cookies, its address, and the proof that a page of ours sent it."""

import hmac
import re
import secrets

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.limits import address_key
from gateway.origins import Origins
from gateway.staff.door import Visitor

SESSION_COOKIE = "careline_staff"
STEP_COOKIE = "careline_staff_step"
FORM_COOKIE = "careline_staff_form"  # before there is a session, its forms are bound to this
SIGN_ON_COOKIE = "careline_staff_sign_on"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
HOME = "/desk"
LOGIN = "/desk/login"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"  # a file's form carries the header: it is not read before it may be sent
_OWN_PAGE = re.compile(r"/desk(?:[/?][\x21-\x5b\x5d-\x7e]*)?")  # no backslash: some browsers read it as a slash
_LONGEST_NEXT = 500
_same_origin = Origins(())


def visitor(request: Request) -> Visitor:
    """Where the request comes from."""
    host = request.client.host if request.client else None
    return Visitor(address_key(host), request.headers.get("user-agent", ""))


def own_page(path: str | None) -> str:
    """`path` if it is one of the desk's own, to go on to after the log-in; else the desk's first page."""
    usable = path is not None and len(path) <= _LONGEST_NEXT and _OWN_PAGE.fullmatch(path)
    return path if usable and path and not path.startswith((LOGIN, "/desk/logout")) else HOME


def changes_something(request: Request) -> bool:
    """Whether the method may change something."""
    return request.method not in _SAFE_METHODS


def is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this; one that says nothing has to prove it otherwise."""
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    return _same_origin.allows(request.headers.get("origin"), request.headers.get("host"))


def socket_is_from_here(socket: HTTPConnection) -> bool:
    """Whether a page of ours opened this WebSocket. Browsers always say where it comes from; what does not is none."""
    origin = socket.headers.get("origin")
    return origin is not None and _same_origin.allows(origin, socket.headers.get("host"))


async def carries(request: Request, secret: str, *, form: bool = True) -> bool:
    """Whether the request carries `secret`, in the header or, with `form`, in the hidden field."""
    given = request.headers.get(CSRF_HEADER)
    if given is None and form and request.headers.get("content-type", "").startswith(_FORM):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    return bool(secret) and given is not None and hmac.compare_digest(given.encode(), secret.encode())


def form_secret(request: Request) -> str:
    """What the forms before the log-in are bound to: the cookie's, or a new one."""
    known = request.cookies.get(FORM_COOKIE, "")
    return known if re.fullmatch(r"[\w-]{43}", known, re.ASCII) else secrets.token_urlsafe(32)


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int, secure: bool) -> None:
    """A cookie that scripts cannot read and other sites' forms do not send."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/" if name == SESSION_COOKIE else LOGIN,
        httponly=True,
        samesite="lax",
        secure=secure or request.url.scheme == "https",
    )


def drop_cookie(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name, path="/" if name == SESSION_COOKIE else LOGIN, httponly=True, samesite="lax")
