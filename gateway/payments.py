"""The sandbox payment provider's page: what is to be paid, a button, and what came of it.

An insurer who connects a real provider serves its page instead. No card number is asked for here. Whoever has the
address may pay, so the page shows nothing of the customer but the end of the policy numbers.
"""

import re

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from crm.domain import CheckoutPurpose, CheckoutState, CheckoutView
from crm.errors import NotFound
from gateway.archive import Archive
from gateway.pages import templates
from gateway.settings import Settings
from gateway.texts import Texts

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SHOWN_OF_A_REFERENCE = 8
_SHOWN_OF_A_NUMBER = 3
_STATUS = {CheckoutState.EXPIRED: 410}
# The address is a key: it goes into no cache, no search engine and no referrer.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Payments:
    """The routes below /pay."""

    def __init__(self, archive: Archive, settings: Settings, texts: Texts) -> None:
        self._archive = archive
        self._language = settings.language
        self._texts = texts
        self.router = APIRouter()
        self.router.add_api_route("/pay/{reference}", self.show, methods=["GET", "HEAD"])
        self.router.add_api_route("/pay/{reference}/done", self.pay, methods=["POST"])
        self.router.add_api_route("/pay/{reference}/cancelled", self.cancel, methods=["POST"])

    async def show(self, reference: str, lang: str = "") -> Response:
        """The page, as the payment stands."""
        language = self._known(lang)
        view = await self._find(reference)
        if view is None:
            return self._notice(language, "unknown", 404)
        if view.state is not CheckoutState.OPEN:
            return self._notice(language, f"{view.purpose}_{view.state}", _STATUS.get(view.state, 200))
        html = templates.get_template("pay.html").render(
            language=language,
            title=self._say(language, f"{view.purpose}_title"),
            facts=self._facts(language, view),
            sandbox=self._say(language, "sandbox"),
            pay=self._say(language, f"{view.purpose}_button"),
            cancel=self._say(language, "cancel"),
            address=f"/pay/{view.reference}",
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def pay(self, reference: str, lang: str = "") -> Response:
        """What the provider does when the customer agrees; pressed twice, it is done once."""
        return await self._settle(reference, lang, succeeded=True)

    async def cancel(self, reference: str, lang: str = "") -> Response:
        """The customer does not want to pay: the page is closed, nothing is taken."""
        return await self._settle(reference, lang, succeeded=False)

    async def _settle(self, reference: str, lang: str, *, succeeded: bool) -> Response:
        view = await self._find(reference)
        if view is None:
            return self._notice(self._known(lang), "unknown", 404)
        if view.state is CheckoutState.OPEN:
            await self._archive.complete_payment(reference, succeeded=succeeded)
        address = f"/pay/{view.reference}?lang={self._known(lang)}"
        return RedirectResponse(address, status_code=303, headers=_HEADERS)

    async def _find(self, reference: str) -> CheckoutView | None:
        if not _REFERENCE.fullmatch(reference):
            return None
        try:
            return await self._archive.checkout(reference)
        except NotFound:
            return None

    def _facts(self, language: str, view: CheckoutView) -> list[tuple[str, str]]:
        numbers = ", ".join(f"…{number[-_SHOWN_OF_A_NUMBER:]}" for number in view.policy_numbers)
        facts = [("policy", numbers), ("reference", view.reference[:_SHOWN_OF_A_REFERENCE])]
        if view.purpose is CheckoutPurpose.PAYMENT:
            facts.insert(0, ("amount", str(view.amount)))
        return [(self._say(language, name), value) for name, value in facts]

    def _notice(self, language: str, name: str, status: int) -> Response:
        title, text = self._say(language, f"{name}_title"), self._say(language, f"{name}_text")
        page = templates.get_template("notice.html").render(language=language, title=title, text=text)
        return HTMLResponse(page, status_code=status, headers=_HEADERS)

    def _say(self, language: str, name: str) -> str:
        return self._texts.get(language, f"pay.{name}")

    def _known(self, lang: str) -> str:
        return lang if lang in self._texts.languages else self._language
