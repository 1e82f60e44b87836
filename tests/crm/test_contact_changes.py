import pytest

from crm.domain import Address
from crm.errors import InvalidInput, NotFound, VerificationFailed
from crm.services import contact_changes, outbox, service_requests, verification
from tests.factories import crm as make

HOME = Address("9 Vine Street", "Kestrel Bay", "KB2 7VS", "US")


def change(session, customer, **values):
    return contact_changes.change_contact(session, customer.id, conversation_id=None, now=make.NOW, **values)


def test_everything_given_changes_at_once(session):
    customer = make.a_customer(session)
    done = change(session, customer, phone="(555) 300-4000", email=" New@Example.com ", address=HOME)
    assert done.changed == ("phone", "email", "address")
    assert (done.customer.phone, done.customer.email) == ("+15553004000", "new@example.com")
    assert done.customer.address == HOME
    assert done.request.kind == "change_contact"
    assert service_requests.list_requests(session, customer.id) == [done.request]


def test_what_is_as_before_is_no_change(session):
    customer = make.a_customer(session)
    done = change(session, customer, phone=customer.phone, email=customer.email.upper())
    assert (done.changed, done.request) == ((), None)
    assert outbox.newest(session) == []


def test_the_customer_is_known_by_the_new_phone_from_then_on(store):
    with store.session() as session:
        customer = make.a_customer(session)
        old, chat = customer.phone, make.a_conversation(session)
        change(session, customer, phone="+15553004000")

    def verify(phone):
        with store.session() as session:
            return verification.verify(session, chat.id, identifier=phone, birth_date=make.BORN, now=make.NOW).id

    assert verify("+15553004000") == customer.id
    with pytest.raises(VerificationFailed):
        verify(old)


@pytest.mark.parametrize(
    ("values", "channel"),
    [({"email": "new@example.com"}, "email"), ({"phone": "+15553004000"}, "sms")],
)
def test_the_old_contact_is_warned(session, values, channel):
    customer = make.a_customer(session)
    old = {"email": customer.email, "sms": customer.phone}[channel]
    change(session, customer, **values)
    (notice,) = outbox.newest(session)
    assert (notice.kind, notice.channel, notice.destination) == ("contact_changed", channel, old)


def test_an_address_alone_warns_nobody(session):
    change(session, make.a_customer(session), address=HOME)
    assert outbox.newest(session) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"phone": "call me"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"address": Address("", "Kestrel Bay", "KB2 7VS", "US")}, "address"),
        ({"address": Address("9 Vine Street", "Kestrel Bay", "no", "US")}, "postcode"),
    ],
)
def test_what_cannot_be_changes_nothing(session, values, field):
    customer = make.a_customer(session)
    with pytest.raises(InvalidInput) as refused:
        change(session, customer, **values)
    assert refused.value.field == field
    assert service_requests.list_requests(session, customer.id) == []


def test_an_unknown_customer_is_not_found(session):
    with pytest.raises(NotFound):
        contact_changes.change_contact(session, 404, conversation_id=None, now=make.NOW, phone="+15553004000")
