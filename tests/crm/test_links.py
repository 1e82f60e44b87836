"""Links for callers: they go to what is on record, by text message before e-mail."""

import pytest

from crm.errors import NotFound
from crm.schema import BusinessInformation, Customer
from crm.services import links, outbox
from tests.factories import crm as make

URL = "https://pay.example/p/1"


@pytest.fixture
def customer(session):
    return make.a_customer(session)


def sent(session):
    (message,) = outbox.newest(session)
    return message


def test_a_link_goes_to_the_phone_on_record(session, customer):
    assert links.send_link(session, customer.id, URL, language="en", now=make.NOW) == "sms"
    message = sent(session)
    assert (message.kind, message.channel, message.destination) == ("link", "sms", customer.phone)
    assert URL in message.text


def test_without_a_phone_it_goes_by_email(session, customer):
    session.get(Customer, customer.id).phone = ""
    assert links.send_link(session, customer.id, URL, language="en", now=make.NOW) == "email"
    assert (sent(session).channel, sent(session).destination) == ("email", customer.email)


def test_with_neither_nothing_is_sent(session, customer):
    row = session.get(Customer, customer.id)
    row.phone = row.email = ""
    assert links.send_link(session, customer.id, URL, language="en", now=make.NOW) is None
    assert outbox.newest(session) == []


def test_it_is_written_in_the_callers_language_and_the_companys_name(session, customer):
    session.add(BusinessInformation(key="name", value="Alder Mutual"))
    links.send_link(session, customer.id, URL, language="zh", now=make.NOW)
    assert sent(session).text.startswith("【Alder Mutual】您")


def test_a_stranger_gets_none(session):
    with pytest.raises(NotFound):
        links.send_link(session, 999, URL, language="en", now=make.NOW)
