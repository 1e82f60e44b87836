"""`python -m voice replay CONVERSATION`: hears anew what a caller said, beside what was heard in the call."""

import argparse
import asyncio
from contextlib import aclosing

from sqlalchemy.exc import OperationalError

from crm.cli import user
from crm.domain import Actor, CallView, Recording
from crm.errors import CrmError
from crm.services import calls
from crm.store import Store
from vault import VaultError
from voice.errors import VoiceError
from voice.recognition import open_ears
from voice.replay import Replayed, replay
from voice.settings import VoiceSettings


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("replay", help="hear a call's kept sound anew, for evaluation")
    parser.add_argument("conversation", help="the id of the call's conversation")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print old and new words side by side, with the word error rate between them."""
    try:
        store = Store.from_settings()
        try:
            call, recordings = _kept(store, options.conversation)
        finally:
            store.close()
    except (CrmError, VaultError) as error:
        raise VoiceError(str(error)) from error
    except OperationalError as error:
        reason = str(error.orig).splitlines()[0]
        raise VoiceError(f"{reason}; check CARELINE_DATABASE_URL and CARELINE_VAR") from error
    asyncio.run(_print(call, recordings))
    return 0


def _kept(store: Store, conversation_id: str) -> tuple[CallView, list[Recording]]:
    with store.reading(Actor.command(user())) as session:
        recordings = calls.recordings(session, conversation_id)
        call = calls.call(session, conversation_id)
        assert call is not None  # noqa: S101 (there are recordings of it)
        return call, recordings


async def _print(call: CallView, recordings: list[Recording]) -> None:
    ears = open_ears(VoiceSettings())
    errors = words = 0
    try:
        async with aclosing(replay(ears, recordings, call.language, call.rate)) as heard:
            async for each in heard:
                print(*lines(each), sep="\n")
                errors, words = errors + each.errors, words + each.words
    finally:
        await ears.close()
    rate = f"{errors / words:.1%}" if words else "no words before"
    print(f"{len(recordings)} utterances, {words} words before, {errors} changed: word error rate between them {rate}")


def lines(each: Replayed) -> tuple[str, str, str]:
    """One utterance as it is printed."""
    now = each.now if each.understood else f"(not understood) {each.now}".rstrip()
    return (
        f"message {each.seq}, {each.seconds:.1f} s, {each.errors} of {each.words} words changed",
        f"  before  {each.before}",
        f"  now     {now}  ({each.confidence:.2f})",
    )
