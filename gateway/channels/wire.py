"""How a stored message looks to a browser."""

from typing import Any

from crm.domain.conversations import AttachmentView, MessageView, Sender
from crm.services.takeovers import Standing


def attachment(view: AttachmentView) -> dict[str, Any]:
    """A file without its content; `size` in bytes."""
    return {"id": view.id, "name": view.name, "media_type": view.media_type, "size": view.size}


def stored(message: MessageView) -> dict[str, Any]:
    """A message as `history` and `message_stored` carry it; fields that say nothing are left out."""
    told: dict[str, Any] = {
        "id": message.id,
        "seq": message.seq,
        "sender": str(message.sender),
        "text": message.text,
        "ts": message.created_at.isoformat(),
        "session_id": message.conversation_id,
    }
    if message.quick_replies:
        told["quick_replies"] = [{"content_type": "text", **offer} for offer in message.quick_replies]
    if message.attachments:
        told["attachments"] = [attachment(view) for view in message.attachments]
    if message.attachment:
        told["attachment"] = message.attachment
    if message.data:
        told["data"] = message.data
    if message.sender == Sender.AGENT:
        told.pop("data", None)  # the employee's number in it is nobody's business out there
        told["agent"] = {"name": (message.data or {}).get("agent", {}).get("name", "")}
    return told


def standing(now: Standing) -> dict[str, Any]:
    """How it stands between the customer and a person, as `handoff` carries it; `minutes` is an estimate."""
    told: dict[str, Any] = {"state": str(now.state or "ended"), "open": now.open_now}
    if now.all_busy:
        told["busy"] = True
    if now.position is not None:
        told["position"] = now.position
    if now.minutes is not None:
        told["minutes"] = now.minutes
    if now.agent is not None:
        told["agent"] = {"name": now.agent}
    if now.rating_due:
        told["rate"] = True
    return told


def uttered(message: MessageView) -> tuple[str, dict[str, Any]]:
    """The event and payload with which something said goes out live."""
    told = stored(message)
    if message.sender == Sender.AGENT:
        return "agent_uttered", told
    if not message.text:
        del told["text"]  # Rasa's widgets draw an empty text as an empty bubble
    return "bot_uttered", told
