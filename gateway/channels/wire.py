"""How a stored message looks to a browser."""

from typing import Any

from crm.domain.conversations import AttachmentView, MessageView, Sender


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
    return told


def uttered(message: MessageView) -> tuple[str, dict[str, Any]]:
    """The event and payload with which something said goes out live."""
    told = stored(message)
    if message.sender == Sender.AGENT:
        return "agent_uttered", {**told, "agent": (message.data or {}).get("agent")}
    if not message.text:
        del told["text"]  # Rasa's widgets draw an empty text as an empty bubble
    return "bot_uttered", told
