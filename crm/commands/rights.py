"""`export`, `erase`, `correct` and `object`: a customer's rights, carried out by an operator."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from crm import own_copy
from crm.bot_memory import PrivateChannel
from crm.domain import Address, CustomerView, ErasureState, Kept
from crm.errors import InvalidInput
from crm.housekeeping import Housekeeping, Worked
from crm.retention.rules import rules
from crm.services import contact_changes, erasure, own_data
from crm.services._find import customer_id_of
from crm.settings import CrmSettings
from crm.store import Store

_WHO = "policy number, e-mail address, phone number or id"


def add_to(commands: Any) -> None:
    """Add the commands to the parser."""
    export = commands.add_parser(
        "export", help="write everything held on a customer into a file (zip: JSON, HTML, files)"
    )
    export.add_argument("customer", help=_WHO)
    export.add_argument("--out", type=Path, help="the file to write (default: customer-ID.zip here)")
    export.add_argument("--language", choices=("en", "zh"), help="of the readable part (default: the customer's)")
    export.set_defaults(run=_export)
    erase = commands.add_parser("erase", help="erase a customer; what the law keeps stays without identity")
    erase.add_argument("customer", help=_WHO, nargs="?")
    erase.add_argument("--pending", action="store_true", help="carry on with erasures that are not finished yet")
    erase.add_argument("--yes", action="store_true", help="do not ask again")
    erase.add_argument("--dry-run", action="store_true", help="only say what would be kept, and what stands against it")
    erase.set_defaults(run=_erase)
    correct = commands.add_parser("correct", help="correct a customer's contact data")
    correct.add_argument("customer", help=_WHO)
    for name in ("phone", "email", "line", "city", "postcode", "country"):
        correct.add_argument(f"--{name}", help="of the postal address; give all parts" if name == "line" else None)
    correct.set_defaults(run=_correct)
    objection = commands.add_parser("object", help="no more marketing to a customer")
    objection.add_argument("customer", help=_WHO)
    objection.set_defaults(run=_object)


def _export(options: argparse.Namespace) -> None:
    store, now = Store.from_settings(), _now()
    with store.session() as session:
        customer_id = customer_id_of(session, options.customer)
        language = options.language or own_data.language_of(session, customer_id)
        content = own_copy.make(session, customer_id, language=language, now=now)
        path = options.out or Path(f"customer-{customer_id}.zip")
        _write_private(path, content)
    print(f"{path}: {len(content):,} bytes ({own_copy.DATA}, {own_copy.PAGE}, {own_copy.FILES}/)")


def _write_private(path: Path, content: bytes) -> None:
    """For this user's eyes only: the file holds a person."""
    path.touch(mode=0o600, exist_ok=True)
    path.chmod(0o600)
    path.write_bytes(content)


def _erase(options: argparse.Namespace) -> int:
    settings = CrmSettings()
    store, now = Store.from_settings(settings), _now()
    if options.pending:
        return _finish_pending(settings, store)
    if not options.customer:
        raise InvalidInput("customer", f"Name a customer ({_WHO}), or give --pending.")
    with store.session() as session:
        customer_id = customer_id_of(session, options.customer)
        against, kept = erasure.obstacles(session, customer_id), erasure.will_keep(session, customer_id, now)
    print(f"customer {customer_id}")
    for name in against:
        print(f"still open: {name}; the decision to erase all the same is yours")
    _print_kept(kept)
    if options.dry_run:
        return 0
    if not options.yes and sys.stdin.isatty() and input("This cannot be undone. Type ERASE to go on: ") != "ERASE":
        print("nothing was erased")
        return 1
    with store.session() as session:
        asked = erasure.request(session, customer_id, conversation_id=None, now=now)
    done = _work(settings, store, asked.id)
    if done.finished:
        print(f"erased: the store, the conversations, and what was left in files (erasure {asked.id})")
        return 0
    with store.reading() as session:
        state = erasure.erasure(session, asked.id).state
    if state is ErasureState.ERASED:
        print(
            f"erased from the store (erasure {asked.id}); what the bot holds of the conversations could not be reached"
        )
        print("now. It goes as soon as the service runs, or with `python -m crm erase --pending`.")
    return 0


def _finish_pending(settings: CrmSettings, store: Store) -> int:
    done = _work(settings, store, None)
    print(f"{len(done.finished)} finished" + ("; others still wait for the bot" if done.waiting else ""))
    return int(done.waiting)


def _work(settings: CrmSettings, store: Store, only: int | None) -> Worked:
    with closing(PrivateChannel(settings.rasa_urls, settings.token_file)) as bot:
        return Housekeeping(store, bot, anchors=settings.anchor_file).work(only=only, vacuum=True)


def _print_kept(kept: Sequence[Kept]) -> None:
    for part in kept:
        law = rules().laws[part.law]
        print(f"kept without identity until {part.until}: {part.rows} of {part.table} ({law.because})")


def _correct(options: argparse.Namespace) -> None:
    parts = {name: getattr(options, name) for name in ("line", "city", "postcode", "country")}
    if any(parts.values()) and not all(parts.values()):
        raise InvalidInput("address", "Give all parts of an address: --line, --city, --postcode and --country.")
    address = Address(**parts) if all(parts.values()) else None
    if not (address or options.phone or options.email):
        raise InvalidInput("field", "Say what is to be corrected: --phone, --email, or an address.")
    with Store.from_settings().session() as session:
        customer_id = customer_id_of(session, options.customer)
        done = contact_changes.change_contact(
            session,
            customer_id,
            conversation_id=None,
            now=_now(),
            phone=options.phone,
            email=options.email,
            address=address,
        )
    print(f"corrected: {', '.join(done.changed)}" if done.changed else "nothing differs from what is held")


def _object(options: argparse.Namespace) -> None:
    with Store.from_settings().session() as session:
        customer_id = customer_id_of(session, options.customer)
        view: CustomerView = own_data.marketing_opt_out(session, customer_id, conversation_id=None, now=_now())
    print(f"customer {view.id} gets no marketing")


def _now() -> datetime:
    return datetime.now(timezone.utc)
