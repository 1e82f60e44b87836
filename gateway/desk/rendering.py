"""The desk's pages: templates, words in the member's own language, and the headers a page leaves with."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from crm.domain.staff import Permission, StaffMember
from crm.services.summaries import intent_title
from gateway.headers import DESK_POLICY
from gateway.texts import FALLBACK, Texts

_FOLDER = Path(__file__).parent
TEXTS = Texts(_FOLDER / "locale")
_HEADERS = {"Content-Security-Policy": DESK_POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}


@dataclass(frozen=True, slots=True)
class NavItem:
    """A way in the shell's bar; `key` names its text `nav.<key>`, its icon, and the page that it leads to."""

    href: str
    key: str
    permission: Permission
    is_setup: bool = False  # what is set up once and seldom looked at stands together in a menu


NAV = (
    NavItem("/desk", "queue", Permission.QUEUE_VIEW),
    NavItem("/desk/search", "search", Permission.SEARCH),
    NavItem("/desk/board", "board", Permission.BOARD),
    NavItem("/desk/figures", "figures", Permission.FIGURES),
    NavItem("/desk/review", "review", Permission.REVIEW),
    NavItem("/desk/canned", "canned", Permission.CANNED_EDIT),
    NavItem("/desk/staff", "staff", Permission.STAFF_ADMIN, is_setup=True),
    NavItem("/desk/tokens", "tokens", Permission.TOKENS, is_setup=True),
    NavItem("/desk/webhooks", "webhooks", Permission.WEBHOOKS, is_setup=True),
)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["iso"] = _iso
    environment.filters["clock"] = lambda moment: moment.strftime("%H:%M")
    return environment


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


_ENVIRONMENT = _environment()


def spoken(request: Request) -> str:
    """The language for somebody who is not logged in: the browser's first one that the desk speaks."""
    for part in request.headers.get("accept-language", "").split(","):
        language = part.partition(";")[0].strip().split("-")[0].lower()
        if language in TEXTS.languages:
            return language
    return FALLBACK


def word(language: str, section: str, code: str) -> str:
    """A code of the store in words; a code that has none, such as an imported one, as it is, without underscores."""
    try:
        return TEXTS.get(language, f"{section}.{code}")
    except KeyError:
        return code.replace("_", " ")


def fragment(request: Request, template: str, member: StaffMember | None, /, **values: Any) -> str:
    """A template as markup; see `render` for what it may use."""
    language = member.language if member else spoken(request)
    granted: frozenset[str] = member.permissions if member else frozenset()
    return _ENVIRONMENT.get_template(template).render(
        {
            "request": request,
            "member": member,
            "lang": language,
            "theme": member.theme if member else "auto",
            "t": partial(TEXTS.get, language),
            "word": partial(word, language),
            "intent_title": partial(intent_title, language),
            "may": granted.__contains__,
            "nav": [item for item in NAV if item.permission in granted],
            "path": request.url.path,
            "bare": False,
            **values,
        }
    )


def render(
    request: Request, template: str, member: StaffMember | None, /, *, status_code: int = 200, **values: Any
) -> HTMLResponse:
    """A page or a fragment of the desk.

    A template has, beside `values`: `member` (None before the log-in), `lang`, `theme`, `t("section.key", name=…)` for
    words, `word("section", code)` for codes of the store, `may("take")`, `path`, `bare` (true where something has to be
    done before the desk may be used: the page has no ways to elsewhere and hears of nothing). Pages extend `base.html`
    and fill its blocks `title`, `content`, and, where they listen to more than the queue, `events` (the query of
    /desk/events).
    """
    return HTMLResponse(fragment(request, template, member, **values), status_code=status_code, headers=_HEADERS)
