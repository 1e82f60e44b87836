"""Links sent to customers who cannot be shown one: callers get a payment page by text message or e-mail."""

from datetime import datetime

from sqlalchemy.orm import Session

from crm import texts
from crm.errors import NotFound
from crm.schema import Customer
from crm.services import outbox
from crm.services._rows import business_value

LINK = "link"


def send_link(session: Session, customer_id: int, url: str, *, language: str, now: datetime) -> str | None:
    """Put a message with the link in the outbox; how it is sent, `sms` or `email`.

    It goes to what is on record alone, never to what a caller names. None when nothing is.

    Raises:
        NotFound: no such customer.
    """
    row = session.get(Customer, customer_id)
    if row is None:
        raise NotFound("There is no such customer.")
    channel, destination = ("sms", row.phone) if row.phone else ("email", row.email)
    if not destination:
        return None
    words = texts.text(language, "links.text", company=business_value(session, "name", "Careline"), url=url)
    outbox.put(session, row.id, kind=LINK, channel=channel, destination=destination, text=words, now=now)
    return channel
