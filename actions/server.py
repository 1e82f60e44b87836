"""The action server: every action of ours behind rasa-sdk's webhook, in one process, on loopback."""

import logging
import warnings

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

from actions.base import CareAction, Services
from actions.claims import ClaimDocuments, ClaimStatus
from actions.conversation import AskAffirmation, EmergencyNumbers, Repeat, StartOver
from actions.filing import AskClaimConfirm, AskClaimPolicy, CheckClaimPolicy, SubmitClaim
from actions.knowledge import AnswerQuestion
from actions.one_time_code import AskOneTimeCodeDigits, SubmitOneTimeCode
from actions.person import RequestPerson, SubmitCallback
from actions.policies import ListPolicies, PolicyDetails
from actions.quotes import (
    AskQuoteConfirm,
    AskQuoteDeductible,
    AskQuoteHealthDeductible,
    CheckQuote,
    ProductInfo,
    SubmitQuote,
)
from actions.settings import ActionSettings
from actions.verify import SubmitVerify

ACTIONS: tuple[type[CareAction], ...] = (
    AskQuoteConfirm,
    AskQuoteDeductible,
    AskQuoteHealthDeductible,
    CheckQuote,
    ProductInfo,
    SubmitQuote,
    AnswerQuestion,
    AskAffirmation,
    AskClaimConfirm,
    AskClaimPolicy,
    AskOneTimeCodeDigits,
    CheckClaimPolicy,
    ClaimDocuments,
    ClaimStatus,
    EmergencyNumbers,
    ListPolicies,
    PolicyDetails,
    Repeat,
    RequestPerson,
    StartOver,
    SubmitCallback,
    SubmitClaim,
    SubmitOneTimeCode,
    SubmitVerify,
)


def build(services: Services) -> Sanic:
    """The application; no browser may call it from another origin."""
    executor = ActionExecutor()
    for action in ACTIONS:
        executor.register_action(action(services))
    warnings.filterwarnings("ignore", message=".*version of rasa-sdk.*|.*different versions.*")
    return create_app(executor, cors_origins=[])


def serve(settings: ActionSettings, services: Services) -> None:
    """Serve until the process is told to end."""
    app = build(services)
    logging.getLogger(__name__).info("action server", extra={"port": settings.actions_port})
    app.prepare(
        host=settings.actions_host, port=settings.actions_port, single_process=True, access_log=False, motd=False
    )
    Sanic.serve_single(app)
