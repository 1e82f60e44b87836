"""The action server: every action of ours behind rasa-sdk's webhook, in one process, on loopback."""

import logging
import threading
import warnings

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from actions.autopay import (
    AskAutopayConfirm,
    AskAutopayWish,
    CheckAutopayDay,
    ChooseAutopayPolicy,
    SubmitAutopay,
)
from actions.base import CareAction, Services
from actions.beneficiary import (
    AskBeneficiaryConfirm,
    AskBeneficiaryNames,
    CheckBeneficiaryNames,
    ChooseBeneficiaryPolicy,
    SubmitBeneficiary,
)
from actions.billing import BillingBalance, PaymentHistory, RefundStatus
from actions.branches import FindBranch, MyAgent, SubmitBranch
from actions.callbacks import AskCallbackDo, BeginCallback, SubmitCallbackMove
from actions.cancellation import (
    AskCancellationConfirm,
    AskCancellationFrom,
    ChooseCancellationPolicy,
    SubmitCancellation,
)
from actions.claim_files import AttachFiles, ClaimDocuments
from actions.claims import ClaimStatus
from actions.complaints import AskComplaintConfirm, BeginFeedback, SubmitComplaint, SubmitFeedback
from actions.contact import (
    AskContactAddress,
    AskContactConfirm,
    AskContactEmail,
    AskContactPhone,
    AskContactWhat,
    CheckContactAddress,
    SubmitContact,
)
from actions.conversation import AskAffirmation, EmergencyNumbers, HearMore, Repeat, StartOver
from actions.coverage import AnswerCoverage
from actions.coverage_change import AskCoverCode, AskCoverConfirm, ChooseCoverPolicy, SubmitCover
from actions.documents import ChooseProofPolicy, ExportMyData, SubmitProof
from actions.filing import AskClaimConfirm, AskClaimPolicy, CheckClaimPolicy, SubmitClaim
from actions.knowledge import AnswerQuestion
from actions.language import ChangeLanguage
from actions.offers import AcceptOffer, DeclineOffer, NextOffer, Recommend
from actions.one_time_code import AskOneTimeCodeDigits, SubmitOneTimeCode
from actions.own_data import AskErasureConfirm, AskMarketingConfirm, SubmitErasure, SubmitMarketing
from actions.paying import AskPaymentConfirm, SubmitPayment
from actions.person import RequestPerson, SubmitCallback
from actions.policies import ListPolicies, PolicyDetails
from actions.quotes import (
    AskQuoteConfirm,
    AskQuoteDeductible,
    AskQuoteHealthDeductible,
    AskQuoteLine,
    CheckQuote,
    ProductInfo,
    SubmitQuote,
)
from actions.renewal import AskRenewalConfirm, ChooseRenewalPolicy, SubmitRenewal
from actions.settings import ActionSettings
from actions.vehicle import AskVehicleConfirm, AskVehicleFrom, ChooseVehiclePolicy, SubmitVehicle
from actions.verify import SubmitVerify

ACTIONS: tuple[type[CareAction], ...] = (
    AcceptOffer,
    DeclineOffer,
    NextOffer,
    Recommend,
    AskAutopayConfirm,
    AskAutopayWish,
    AskPaymentConfirm,
    AskQuoteLine,
    BillingBalance,
    CheckAutopayDay,
    ChooseAutopayPolicy,
    PaymentHistory,
    RefundStatus,
    SubmitAutopay,
    SubmitPayment,
    AnswerCoverage,
    AnswerQuestion,
    AskAffirmation,
    AskBeneficiaryConfirm,
    AskBeneficiaryNames,
    AskCancellationConfirm,
    AskCancellationFrom,
    AskCallbackDo,
    AskClaimConfirm,
    AskClaimPolicy,
    AskContactAddress,
    AskContactConfirm,
    AskContactEmail,
    AskContactPhone,
    AskContactWhat,
    AskCoverCode,
    AskCoverConfirm,
    AskErasureConfirm,
    AskMarketingConfirm,
    AskComplaintConfirm,
    AskOneTimeCodeDigits,
    AskQuoteConfirm,
    AskQuoteDeductible,
    AskQuoteHealthDeductible,
    AskRenewalConfirm,
    AskVehicleConfirm,
    AskVehicleFrom,
    CheckBeneficiaryNames,
    AttachFiles,
    BeginCallback,
    BeginFeedback,
    ChangeLanguage,
    CheckClaimPolicy,
    CheckContactAddress,
    CheckQuote,
    ChooseBeneficiaryPolicy,
    ChooseCancellationPolicy,
    ChooseCoverPolicy,
    ChooseProofPolicy,
    ChooseRenewalPolicy,
    ChooseVehiclePolicy,
    ClaimDocuments,
    ClaimStatus,
    EmergencyNumbers,
    FindBranch,
    HearMore,
    ExportMyData,
    ListPolicies,
    MyAgent,
    PolicyDetails,
    ProductInfo,
    Repeat,
    RequestPerson,
    StartOver,
    SubmitBeneficiary,
    SubmitBranch,
    SubmitCallback,
    SubmitCallbackMove,
    SubmitComplaint,
    SubmitFeedback,
    SubmitCancellation,
    SubmitClaim,
    SubmitContact,
    SubmitCover,
    SubmitErasure,
    SubmitMarketing,
    SubmitOneTimeCode,
    SubmitProof,
    SubmitQuote,
    SubmitRenewal,
    SubmitVehicle,
    SubmitVerify,
)


logger = logging.getLogger(__name__)


def build(services: Services) -> Sanic:
    """The application; no browser may call it from another origin."""
    executor = ActionExecutor()
    for action in ACTIONS:
        executor.register_action(action(services))
    warnings.filterwarnings("ignore", message=".*version of rasa-sdk.*|.*different versions.*")
    app = create_app(executor, cors_origins=[])

    async def metrics(_: Request) -> HTTPResponse:
        return raw(generate_latest(services.metrics.registry), content_type=CONTENT_TYPE_LATEST)

    app.add_route(metrics, "/metrics")
    return app


def serve(settings: ActionSettings, services: Services) -> None:
    """Serve until the process is told to end."""
    app = build(services)
    threading.Thread(target=warm_up, args=(services,), name="offers", daemon=True).start()
    logger.info("action server", extra={"port": settings.actions_port})
    app.prepare(
        host=settings.actions_host, port=settings.actions_port, single_process=True, access_log=False, motd=False
    )
    Sanic.serve_single(app)


def warm_up(services: Services) -> None:
    """Load what the first offer would wait for: its models, and the libraries behind them."""
    if not services.scorer.lines():
        logger.warning("nothing is offered: there are no models; `python -m models offers fit` makes them")
