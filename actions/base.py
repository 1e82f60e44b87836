"""What all actions share: the proof of the turn, a thread for the database, errors that end in plain words."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.metrics import Metrics
from actions.reply import ABANDON, DUE, FAILED, ONE_TIME_CODE, VERIFY, Reply
from actions.turn import NotOurTurn, Turn, read_turn
from crm.connectors import LocalConnector
from crm.domain import Actor, CustomerView
from crm.payments import SandboxPayments
from crm.ports import CodeDelivery, Connector, PaymentProvider, Records
from crm.services import one_time_codes
from crm.services.outbox import Outbox
from crm.store import Store
from models.online import Scorer
from vault import Vault

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Services:
    """What actions work with."""

    store: Store
    vault: Vault
    clock: Callable[[], datetime] = utc_now
    code_delivery: CodeDelivery = field(default_factory=Outbox)
    payments: PaymentProvider = field(default_factory=SandboxPayments)
    connector: Connector = field(default_factory=LocalConnector)
    scorer: Scorer = field(default_factory=Scorer)
    metrics: Metrics = field(default_factory=Metrics)


class CareAction(Action):
    """An action on the customer store.

    Subclasses name themselves and write `perform`, which runs in a thread with a session of its own.

    Attributes:
        action: the name the dialogue uses.
        writes: whether `perform` changes the store.
        keeps: slots that are cleared when the store fails, so that their question is asked again.
    """

    action: ClassVar[str]
    writes: ClassVar[bool] = False
    keeps: ClassVar[tuple[str, ...]] = ()

    def __init__(self, services: Services) -> None:
        self.services = services

    def name(self) -> str:
        """The name Rasa calls it by."""
        return self.action

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Answer the message; whatever fails, the customer hears that it failed, and no more than that."""
        try:
            turn = read_turn(tracker, self.services.vault, self.services.clock())
            reply = await asyncio.to_thread(self._work, turn)
            if reply.is_satisfying and turn.slots.get("offer") is None:
                reply.set(offer=DUE)
        except NotOurTurn:
            logger.warning("refused an action without a valid statement", extra={"action": self.action})
            reply = Reply().say("utter_service_trouble").signal(FAILED)
        except Exception:
            logger.exception("an action failed", extra={"action": self.action})
            reply = self.failed()
        for message in reply.messages:
            dispatcher.utter_message(**message)
        return reply.events

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Do the work and say what came of it."""
        raise NotImplementedError

    def failed(self) -> Reply:
        """What is said when the work failed for a reason that is not the customer's."""
        return Reply().say("utter_service_trouble").set(**dict.fromkeys(self.keeps)).signal(FAILED)

    def records(self, session: Session) -> Records:
        """Customers, policies, claims and bills, wherever the insurer keeps them."""
        return self.services.connector.within(session)

    def _work(self, turn: Turn) -> Reply:
        opened = self.services.store.session if self.writes else self.services.store.reading
        with opened(Actor.bot(turn.channel)) as session:
            return self.perform(session, turn)


class CustomerAction(CareAction):
    """An action that shows or changes what belongs to one customer: it asks for verification first.

    Attributes:
        needs_code: whether a one-time code has to be confirmed, too: for whatever changes data or hands out documents.
        own_store_only: whether it works on policies that are kept in our own store, and not yet on those of another
            system; a person takes over there.
        not_by_ear: the response that says how else it is to be had, for what hands out a file: a caller can see none.
    """

    needs_code: ClassVar[bool] = False
    own_store_only: ClassVar[bool] = False
    not_by_ear: ClassVar[str | None] = None

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Work for the verified customer; without one, ask the dialogue to verify and come back."""
        if self.not_by_ear and turn.by_ear:
            return Reply().say(self.not_by_ear).signal(ABANDON)
        customer = turn.customer(session)
        if customer is None:
            return self.unverified()
        if self.own_store_only and self.services.connector.name != "local":
            return Reply().say("utter_no_suitable_policy").signal(ABANDON)
        if self.needs_code and not one_time_codes.confirmed(session, turn.conversation_id, turn.now):
            return Reply().signal(ONE_TIME_CODE)
        return self.serve(session, turn, customer)

    def unverified(self) -> Reply:
        """What happens when nobody is verified."""
        return Reply().signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Do the work for this customer, who is the only one whose records may be touched."""
        raise NotImplementedError
