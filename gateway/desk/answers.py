"""Answers to the browser that are no pages: on to another page, or a refusal in words."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from crm.domain.handoffs import HandoffView
from crm.domain.staff import StaffMember
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.services.handoffs import Taken
from gateway.desk.rendering import TEXTS
from gateway.errors import Refusal

# What verbs of staff raise; `refused` has words for each.
EXPECTED = (NotFound, NotEligible, InvalidInput, Refusal)


def go(request: Request, where: str) -> Response:
    """Lead the browser to another page of the desk: htmx by its header, a plain form by a redirect."""
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": where})
    return RedirectResponse(where, status_code=303)


def to_conversation(request: Request, view: HandoffView) -> Response:
    """On to the conversation of a hand-off."""
    return go(request, f"/desk/conversations/{view.conversation_id}")


def refused(member: StaffMember, error: Exception) -> Response:
    """A refusal; the page shows the header's words, which are percent-encoded UTF-8."""
    words = TEXTS.get(member.language, *_key(error))
    if isinstance(error, Taken):
        words = TEXTS.get(member.language, "refused.taken", name=error.by)
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, NotEligible) else 422
    return Response(words, status_code=status, media_type="text/plain", headers={"X-Careline-Message": quote(words)})


def _key(error: Exception) -> tuple[str]:
    if isinstance(error, Refusal):
        return (f"refused.{error.code}",)
    if isinstance(error, NotFound):
        return ("refused.not_found",)
    return ("refused.invalid" if isinstance(error, InvalidInput) else "refused.not_possible",)
