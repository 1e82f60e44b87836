"""Actions on a fresh SQLite store, called as the action server calls them."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Services
from actions.metrics import Metrics
from crm.connectors import LocalConnector
from crm.ports import Connector
from crm.schema import BusinessInformation
from crm.services import one_time_codes, verification
from crm.store import Store
from models.online import Scorer
from tests.factories.crm import BORN, NOW, a_conversation, a_customer, a_policy, an_employee, care_unit
from tests.factories.store import migrated_bytes
from vault import Vault


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.load(tmp_path_factory.mktemp("keys") / "master.key", environ={})


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, vault: Vault) -> bytes:
    return migrated_bytes(tmp_path_factory.mktemp("template"), vault)


@pytest.fixture
def store(tmp_path: Path, migrated_file: bytes, vault: Vault) -> Iterator[Store]:
    (tmp_path / "careline.db").write_bytes(migrated_file)
    store = Store.open(f"sqlite:///{tmp_path / 'careline.db'}", vault)
    with store.session() as session:
        care_unit(session, callbacks_per_slot=4)
        for key, value in {
            "phone": "+15550100100",
            "email": "care@careline.example",
            "emergency_number": "911",
            "emergency_phone": "+15550100911",
        }.items():
            session.add(BusinessInformation(key=key, value=value))
        for line in ("auto", "home"):
            an_employee(session, f"claims_{line}", name=f"Handler of {line}")
    yield store
    store.close()


@dataclass
class Answer:
    """What an action said and set."""

    messages: list[dict[str, Any]]
    slots: dict[str, Any]

    @property
    def responses(self) -> list[str]:
        return [message["response"] for message in self.messages]

    def said(self, response: str) -> dict[str, Any]:
        return next(message for message in self.messages if message["response"] == response)


@dataclass
class Desk:
    """A conversation with the store behind it."""

    store: Store
    vault: Vault
    conversation_id: str
    message_id: str = "m1"
    now: Any = NOW
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    form: str | None = None  # being filled in
    connector: Connector = field(default_factory=LocalConnector)
    scorer: Any = field(default_factory=Scorer)
    metrics: Metrics = field(default_factory=Metrics)

    def run(self, action: type[CareAction], statement: str | None = None, **message: Any) -> Answer:
        """Run an action on a message; `statement=` replaces the gateway's own."""
        if statement is None:
            claims = {"conversation": self.conversation_id, "message": self.message_id, "channel": "chat"}
            statement = self.vault.sign(claims, "turn", timedelta(minutes=15), NOW)
        heard = {
            "event": "user",
            "text": message.setdefault("text", ""),
            "metadata": {"statement": statement, "message_id": self.message_id},
        }
        tracker = Tracker(
            self.conversation_id, self.slots, message, [*self.events, heard], False, None,
            {"name": self.form} if self.form else {}, "action_listen",
        )  # fmt: skip
        dispatcher = CollectingDispatcher()
        services = Services(
            self.store,
            self.vault,
            lambda: self.now,
            connector=self.connector,
            scorer=self.scorer,
            metrics=self.metrics,
        )
        events = asyncio.run(action(services).run(dispatcher, tracker, {}))
        return Answer(dispatcher.messages, {event["name"]: event["value"] for event in events})

    def verify(self, policy_number: str) -> None:
        with self.store.session() as session:
            verification.verify(session, self.conversation_id, identifier=policy_number, birth_date=BORN, now=self.now)


@pytest.fixture
def desk(store: Store, vault: Vault) -> Desk:
    """A conversation in which nobody is verified."""
    with store.session() as session:
        return Desk(store, vault, a_conversation(session).id)


@pytest.fixture
def customer(store: Store):
    """A customer with a car and a home policy, and their numbers."""
    with store.session() as session:
        row = a_customer(session)
        car = a_policy(session, row)
        home = a_policy(session, row, "home", insured={"address": "4 Quince Lane"})
        return {"id": row.id, "phone": row.phone, "auto": car.number, "home": home.number}


@pytest.fixture
def verified(desk: Desk, customer) -> Desk:
    """The conversation with that customer verified."""
    desk.verify(customer["auto"])
    return desk


@pytest.fixture
def confirmed(verified: Desk) -> Desk:
    """The same, with a one-time code confirmed."""
    sent: list[str] = []

    class Hand:
        def deliver(self, session, message) -> None:
            sent.append(message.code)

    with verified.store.session() as session:
        one_time_codes.request_code(session, verified.conversation_id, deliver=Hand(), now=NOW)
    with verified.store.session() as session:
        one_time_codes.confirm_code(session, verified.conversation_id, sent[0], NOW)
    return verified
