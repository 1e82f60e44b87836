import asyncio
import logging
from datetime import date, datetime, time, timezone

import httpx
import pytest
from starlette.responses import RedirectResponse, Response

from crm.connectors import RestConnector
from crm.connectors.errors import ConnectorMismatch, ConnectorRefused, ConnectorUnavailable
from crm.connectors.http import Caller
from crm.domain import Address, ClaimStatus, Line, NextStep
from crm.errors import InvalidInput, NotEligible, NotFound, VerificationFailed
from crm.normalise import Identifier
from crm.schema import Customer, ExternalCustomer, OutboxMessage, VerificationCounter
from crm.services import attachments, verification
from tests.factories import crm as make

BORN = date(1979, 4, 18)
KEY = "k" * 32


@pytest.fixture
def session(sqlite_store):
    with sqlite_store.session() as session:
        yield session


@pytest.fixture
def records(connector, session):
    return connector.within(session)


@pytest.fixture
def customer_id(records, there) -> int:
    found = records.customers.find(Identifier.parse("PA-1234567"), BORN, now=make.NOW)
    there.seen.clear()
    return found


class TestFindingACustomer:
    def test_they_get_a_row_that_copies_what_was_said(self, records, session, there):
        found = records.customers.find(Identifier.parse("pa 1234567"), BORN, now=make.NOW)
        row = session.get(Customer, found)
        assert (row.given_name, row.birth_date, row.phone) == ("Margaret", BORN, "+15552000001")
        assert there.seen[0].body == {
            "kind": "policy",
            "identifier": "PA-1234567",
            "birth_date": "1979-04-18",
        }
        assert "1234567" not in str(there.seen[0].path) + str(there.seen[0].query)

    def test_the_same_customer_keeps_the_row_and_what_is_new_is_taken_over(self, records, session, there, customer_id):
        said = there.example(there.description["paths"]["/customers/match"]["post"], "200")
        there.answers["matchCustomer"] = [(200, said | {"email": "new@example.com"})]
        assert records.customers.find(Identifier.parse("+15552000001"), BORN, now=make.NOW) == customer_id
        assert session.get(Customer, customer_id).email == "new@example.com"
        assert session.query(ExternalCustomer).count() == 1

    def test_what_cannot_be_an_identifier_is_not_even_asked(self, records, there):
        assert records.customers.find(Identifier.parse("Margaret"), BORN, now=make.NOW) is None
        assert there.seen == []

    def test_a_stranger(self, records, there, session):
        there.answers["matchCustomer"] = [(404, None)]
        assert records.customers.find(Identifier.parse("PA-1234567"), BORN, now=make.NOW) is None
        assert session.query(Customer).count() == 0


class TestVerification:
    def verify(self, connector, session, chat):
        def find(identifier, birth_date):
            return connector.within(session).customers.find(identifier, birth_date, now=make.NOW)

        return verification.verify(session, chat.id, identifier="PA-1234567", birth_date=BORN, now=make.NOW, find=find)

    def test_the_conversation_knows_them_afterwards(self, connector, session):
        chat = make.a_conversation(session)
        found = self.verify(connector, session, chat)
        assert verification.verified_customer(session, chat.id, make.NOW) == found

    def test_our_locks_hold(self, connector, sqlite_store, there):
        there.answers["matchCustomer"] = [(404, None)]
        with sqlite_store.session() as session:
            chat = make.a_conversation(session)
        for _ in range(2):
            with sqlite_store.session() as session, pytest.raises(VerificationFailed):
                self.verify(connector, session, chat)
        with sqlite_store.session() as session, pytest.raises(verification.VerificationLocked):
            self.verify(connector, session, chat)
        del there.answers["matchCustomer"]
        asked = len(there.seen)
        with sqlite_store.session() as session, pytest.raises(verification.VerificationLocked):
            self.verify(connector, session, chat)
        assert len(there.seen) == asked, "while locked, nothing is asked"

    def test_an_outage_is_no_failure_of_the_customer(self, connector, sqlite_store, there):
        there.answers["matchCustomer"] = [(503, {})]
        with sqlite_store.session() as session:
            chat = make.a_conversation(session)
        with pytest.raises(ConnectorUnavailable), sqlite_store.session() as session:
            self.verify(connector, session, chat)
        with sqlite_store.reading() as session:
            assert session.query(VerificationCounter).count() == 0


class TestReading:
    def test_policies(self, records, customer_id):
        auto, home = sorted(records.policies.list_policies(customer_id), key=lambda view: view.line)
        assert (auto.number, auto.line, auto.premium.minor) == ("PA-1234567", Line.AUTO, 69_000)
        assert [(c.code, c.limit and c.limit.minor) for c in auto.coverages] == [
            ("liability", 100_000_000),
            ("glass", None),
        ]
        assert home.product == "Home Contents"
        assert records.policies.policy(customer_id, "PA-1234567") == auto

    def test_claims(self, records, customer_id):
        (claim,) = records.claims.list_claims(customer_id)
        assert (claim.status, claim.next_step) == (ClaimStatus.AWAITING_DOCUMENTS, NextStep.SEND_DOCUMENTS)
        assert (claim.incident_time, claim.missing_documents) == (time(17, 30), ("repair_estimate",))
        assert claim.filed_at == datetime(2026, 11, 14, 9, 12, tzinfo=timezone.utc)
        assert records.claims.claim(customer_id, "CL-1234567") == claim

    def test_bills(self, records, customer_id, there):
        balance = records.billing.balance(customer_id, make.NOW)
        assert (balance.outstanding.minor, balance.next_due_on) == (17_250, date(2026, 12, 1))
        assert balance.last_payment.method == "card"
        assert [refund.reason for refund in records.billing.refund_status(customer_id)] == ["overpayment"]
        records.billing.invoices(customer_id, make.NOW, policy_number="PA-1234567", unpaid_only=False)
        assert there.seen[-1].query == {"unpaid": "false", "policy": "PA-1234567"}

    def test_the_newest_first_whatever_the_other_side_does(self, records, customer_id, there):
        operation = there.description["paths"]["/customers/{customer}/payments"]["get"]
        (payment,) = there.example(operation, "200")["payments"]
        later = payment | {"paid_at": "2026-11-01T00:00:00Z", "method": "transfer"}
        there.answers["listPayments"] = [(200, {"payments": [payment, later]})]
        assert [view.method for view in records.billing.payment_history(customer_id, limit=1)] == ["transfer"]

    def test_what_a_customer_types_stays_one_part_of_the_path(self, records, customer_id, there):
        records.policies.policy(customer_id, "PA-1?x=1#y")
        assert (there.seen[-1].path["number"], there.seen[-1].query) == ("PA-1?x=1#y", {})
        with pytest.raises(NotFound):
            records.policies.policy(customer_id, "../../K-1/claims")
        assert len(there.seen) == 1

    def test_somebody_the_other_system_does_not_know(self, records, session):
        with pytest.raises(NotFound):
            records.policies.list_policies(make.a_customer(session).id)

    def test_what_is_not_theirs_does_not_exist(self, records, customer_id, there):
        there.answers["readClaim"] = [(404, None)]
        with pytest.raises(NotFound):
            records.claims.claim(customer_id, "CL-7777777")


class TestChanging:
    def test_a_claim_with_a_photo_has_keys_of_its_own(self, records, session, customer_id, there):
        chat = make.a_conversation(session)
        photo = attachments.add(
            session, chat.id, name="bumper.jpg", media_type="image/jpeg", content=b"\xff\xd8photo", now=make.NOW
        )
        report = make.a_report(
            make.a_policy(session, number="PA-1234567"), attachments=(photo.id,), conversation_id=chat.id
        )
        filed = records.claims.file_claim(customer_id, report, key=KEY, now=make.NOW)
        assert filed.number == "CL-1234567"
        claim, document = there.seen
        assert (claim.operation, document.operation) == ("fileClaim", "addDocument")
        assert claim.body["incident_time"] == "17:30"
        assert document.body["content"] == "/9hwaG90bw=="
        assert claim.headers["idempotency-key"] != document.headers["idempotency-key"]
        first = [request.headers["idempotency-key"] for request in there.seen]
        records.claims.file_claim(customer_id, report, key=KEY, now=make.NOW)
        assert [request.headers["idempotency-key"] for request in there.seen[2:]] == first
        records.claims.file_claim(customer_id, report, key="another", now=make.NOW)
        assert not {request.headers["idempotency-key"] for request in there.seen[4:]} & {*first}

    def test_contact_data_change_there_and_here_and_the_old_address_hears_of_it(
        self, records, session, customer_id, there
    ):
        make.care_unit(session)
        chat = make.a_conversation(session)
        changed = records.customers.change_contact(
            customer_id, phone="+15552000099", conversation_id=chat.id, key=KEY, now=make.NOW
        )
        assert changed.changed == ("phone",)
        assert there.seen[0].body == {"phone": "+15552000099"}
        assert session.get(Customer, customer_id).phone == "+15552000099"
        assert [notice.destination for notice in session.query(OutboxMessage)] == ["+15552000001"]

    def test_a_value_the_other_system_refuses_is_asked_for_again(self, records, session, customer_id, there):
        there.answers["changeContact"] = [(422, None)]
        with pytest.raises(InvalidInput) as refused:
            records.customers.change_contact(
                customer_id, phone="+15552000099", conversation_id=None, key=KEY, now=make.NOW
            )
        assert refused.value.field == "phone"
        assert session.get(Customer, customer_id).phone == "+15552000001"

    def test_an_address(self, records, customer_id, there, session):
        home = Address("1 New Road", "Fernbridge", "FB1 1AA", "US")
        there.answers["changeContact"] = [
            (
                200,
                {
                    "changed": ["address"],
                    "customer": there.example(there.description["paths"]["/customers/match"]["post"], "200")
                    | {"address": {"line": "1 New Road", "city": "Fernbridge", "postcode": "FB1 1AA", "country": "US"}},
                },
            )
        ]
        changed = records.customers.change_contact(
            customer_id, address=home, conversation_id=None, key=KEY, now=make.NOW
        )
        assert changed.customer.address == home

    @pytest.mark.parametrize("status", [500, 503])
    def test_a_change_is_never_tried_again_by_itself(self, records, session, customer_id, there, status, pauses):
        there.answers["fileClaim"] = [(status, {})]
        report = make.a_report(make.a_policy(session, number="PA-1234567"))
        with pytest.raises(ConnectorUnavailable):
            records.claims.file_claim(customer_id, report, key=KEY, now=make.NOW)
        assert (len(there.seen), pauses) == (1, [])

    def test_not_as_things_stand(self, records, session, customer_id, there):
        there.answers["fileClaim"] = [(409, {})]
        with pytest.raises(NotEligible):
            records.claims.file_claim(customer_id, make.a_report(make.a_policy(session)), key=KEY, now=make.NOW)


class TestTrouble:
    def test_a_read_is_tried_again(self, records, customer_id, there, pauses):
        example = there.example(there.description["paths"]["/customers/{customer}/policies"]["get"], "200")
        there.answers["listPolicies"] = [(503, {}), (429, {}), (200, example)]
        assert len(records.policies.list_policies(customer_id)) == 2
        assert pauses == [0.1, 0.4]

    def test_but_not_for_ever(self, records, customer_id, there):
        there.answers["listPolicies"] = [(502, {})]
        with pytest.raises(ConnectorUnavailable, match="try again"):
            records.policies.list_policies(customer_id)
        assert len(there.seen) == 3

    def test_an_error_of_theirs_is_not_asked_for_twice(self, records, customer_id, there):
        there.answers["listPolicies"] = [(500, {})]
        with pytest.raises(ConnectorUnavailable):
            records.policies.list_policies(customer_id)
        assert len(there.seen) == 1

    def test_nobody_there(self, session, pauses):
        gone = RestConnector("http://127.0.0.1:9", "t", Caller("http://127.0.0.1:9", "t", pause=pauses.append))
        with pytest.raises(ConnectorUnavailable, match="ConnectError"):
            gone.within(session).customers.find(Identifier.parse("PA-1234567"), BORN, now=make.NOW)
        assert len(pauses) == 2

    def test_an_answer_that_takes_too_long(self, there, session):
        there.answers["matchCustomer"] = [(200, _Late())]
        hasty = RestConnector(
            there.url, there.token, Caller(there.url, there.token, timeout=httpx.Timeout(0.05), pause=lambda _: None)
        )
        with pytest.raises(ConnectorUnavailable, match="ReadTimeout"):
            hasty.within(session).customers.find(Identifier.parse("PA-1234567"), BORN, now=make.NOW)

    def test_a_wrong_token(self, there, session):
        with pytest.raises(ConnectorRefused, match="CARELINE_CRM_TOKEN"):
            RestConnector(there.url, "wrong").within(session).customers.find(
                Identifier.parse("PA-1234567"), BORN, now=make.NOW
            )

    @pytest.mark.parametrize("said", [{"policies": [{"number": "PA-1234567"}]}, ["PA-1234567"], {"policies": "secret"}])
    def test_an_answer_that_is_not_as_described_is_named_by_place_not_by_value(self, records, customer_id, there, said):
        there.answers["listPolicies"] = [(200, said)]
        with pytest.raises(ConnectorMismatch) as refused:
            records.policies.list_policies(customer_id)
        assert "openapi.yml" in str(refused.value)
        assert not {"PA-1234567", "secret"} & set(str(refused.value).split())

    def test_the_token_goes_nowhere_else(self, records, customer_id, there):
        there.answers["listPolicies"] = [(307, RedirectResponse("http://127.0.0.1:9/steal"))]
        with pytest.raises(ConnectorMismatch, match="307"):
            records.policies.list_policies(customer_id)

    def test_nothing_personal_in_the_log(self, records, there, caplog):
        caplog.set_level(logging.DEBUG)
        there.answers["matchCustomer"] = [(503, {}), (404, None)]
        records.customers.find(Identifier.parse("PA-1234567"), BORN, now=make.NOW)
        assert "1234567" not in caplog.text
        assert "1979" not in caplog.text


class _Late(Response):
    async def __call__(self, scope, receive, send) -> None:
        await asyncio.sleep(0.3)
        await super().__call__(scope, receive, send)
