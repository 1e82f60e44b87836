"""Everything of the desk's door that routes find on the application."""

from fastapi import FastAPI

from gateway.clock import Clock
from gateway.staff import account_pages, admin_pages, login_pages, token_pages
from gateway.staff.door import Door
from gateway.staff.guard import Authenticate, Guard, install
from gateway.staff.settings import StaffSettings
from gateway.staff.single_sign_on import SingleSignOn
from gateway.staff.state import Entrance
from gateway.store_access import StoreAccess


def make_entrance(store: StoreAccess, clock: Clock, settings: StaffSettings, *, secure: bool) -> Entrance:
    """The door, and single sign-on where an issuer is set.

    Args:
        secure: cookies only over https, also when the request itself came over http from a proxy.
    """
    single_sign_on = SingleSignOn(settings, store.vault, clock) if settings.oidc_issuer else None
    return Entrance(Door(store, clock, settings), settings, single_sign_on, secure)


def let_in(app: FastAPI, entrance: Entrance, bearer: Authenticate | None = None) -> None:
    """Put log-in, account and administration pages, and the guard for all others, on the application.

    Args:
        bearer: finds whom a token of the API stands for.
    """
    app.state.entrance = entrance
    install(app, Guard(entrance.door, bearer, entrance.settings.staff_second_factor))
    for pages in (login_pages, account_pages, admin_pages, token_pages):
        app.include_router(pages.router)
