"""Every operation is asked for what its description allows and forbids, and what it answers is compared with it.

The gateway runs in this process, in a thread of its own. Names of things in paths are those of things that are there,
so that operations have something to work on; bodies and queries are generated.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from crm.domain import Role, StaffMember
from crm.services import api_tokens, canned_replies, handoffs, review, staff_sessions
from crm.services.staff_roles import permissions_of
from gateway.api import application
from gateway.clock import utc_now
from tests.factories import crm as make
from tests.factories import desk
from tests.factories import handoffs as make_handoffs
from tests.factories.staff import an_account
from tests.gateway.harness import PATIENCE, House, house

pytestmark = pytest.mark.slow

EXAMPLES = 12  # of each operation
NEVER_ENDING = "/v1/events"

schema = schemathesis.openapi.from_dict(application.make().openapi())


class Home:
    """A gateway in a thread, with a customer whom the caller has, and one of everything else."""

    def __init__(self, home: House) -> None:
        self.url = home.url + application.PATH
        now = utc_now()
        with home.store.session() as session:
            make.care_unit(session)
            agent = make_handoffs.an_agent(session, now=now, name="Ada Osei", capacity=99)
            account = an_account(session, "ada", name="Ada Osei", role=Role.ADMIN, employee_id=agent.id)
            may = permissions_of(Role.ADMIN)
            self._caller = StaffMember(account.id, agent.id, "Ada Osei", Role.ADMIN, may, "en", "auto", "", "")
            cookie = staff_sessions.start(
                session, account.id, method="password", address="", browser="", now=now, lasts=timedelta(days=1)
            )  # a person's: no token administers accounts
            self.headers = {"Cookie": f"careline_staff={cookie}", "X-CSRF-Token": staff_sessions.csrf_of(cookie)}
            customer = make.a_customer(session)
            talk = desk.a_talk(session, "my car was stolen", customer=customer, now=now)
            message = desk.says(session, talk, "stolen, I said", intent="greet", now=now)
            wish = handoffs.request(session, talk, reason="asked_for", summary="", now=now)
            handoffs.take(session, wish.id, agent.id, now=now, force=True)
            values = {"shortcut": "hi", "language": "en", "title": "Hi", "text": "Hi {given_name}"}
            self.parameters = {
                "path.conversation_id": talk,
                "path.message_id": message,
                "path.handoff_id": make_handoffs.a_wish(session, now=now).id,
                "path.account_id": an_account(session, "lee").id,
                "path.token_id": self._token(session, now)[0].id,
                "path.reply_id": canned_replies.save(session, **values, by=account.id, now=now).id,
                "path.mark_id": review.mark(
                    session, talk, message, right_intent="file_claim", by=account.id, now=now
                ).id,
            }

    def _token(self, session, now):
        values = {
            "name": "Test",
            "scopes": self._caller.permissions - api_tokens.NEVER,
            "lasts": timedelta(days=1),
            "now": now,
        }
        return api_tokens.make(session, self._caller, **values)


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """A gateway that serves from a thread until the block ends."""
    loop = asyncio.new_event_loop()
    built = house(folder, api_rate=1e6, api_burst=1e6, address_rate=1e6, address_burst=1e6)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE)

    try:
        yield wait(built.__aenter__())
    finally:
        wait(built.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with running(tmp_path_factory.mktemp("api")) as built:
        made = Home(built)
        schema.config.parameters = made.parameters
        yield made


@schema.exclude(path=NEVER_ENDING).parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_operation_answers_as_it_is_described(case, home):
    case.call_and_validate(
        base_url=home.url,
        headers=home.headers,
        timeout=PATIENCE,
        checks=[
            not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
            checks.response_headers_conformance,
            checks.negative_data_rejection,
        ],
    )
