import base64
import json
import re
import zlib

import pytest

from crm import transcript_export
from crm.services import audit, notes, organisation, summaries, tags, transcripts
from crm.transcript_export import Copy
from tests.factories import crm as make
from tests.factories import desk


@pytest.fixture
def talk(session):
    make.care_unit(session)
    customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
    talk = desk.a_talk(session, customer=customer)
    desk.says(
        session, talk, "I am Imogen Thackeray and my car was stolen 我的车被偷了",
        intent="file_claim", actions=("claim_form",), answer="When did it happen?",
    )  # fmt: skip
    notes.add(session, talk, author_id=desk.an_account(session).id, text="Sounds upset", now=make.NOW)
    tags.add(session, talk, "theft", by=1, now=make.NOW)
    return talk


def copy(session, talk, language="en", masked=True):
    return Copy(
        transcripts.transcript(session, talk, masked=masked),
        summaries.summary(session, talk, language=language, now=make.NOW, masked=masked),
        language,
        organisation.business_hours(session).zone,
        make.NOW,
    )


def pages_of(pdf):
    """What stands on each page, in the order of the lines."""
    packed = re.findall(rb"stream\s(.*?)endstream", pdf, re.DOTALL)
    drawn = [zlib.decompress(base64.a85decode(page.strip().removesuffix(b"~>"))) for page in packed]
    return [[text.decode("latin-1") for text in re.findall(rb"\((.*)\) Tj", page)] for page in drawn]


def test_text_has_everything_that_was_said_and_understood(session, talk):
    told = transcript_export.export(copy(session, talk), "txt").decode()

    for part in ("When did it happen?", "[File a claim, 90 % · claim_form]", "Sounds upset", "Tags: theft"):
        assert part in told
    assert "Thackeray" not in told
    assert "Personal data is masked." in told


@pytest.mark.parametrize(("language", "told"), [("en", "channel chat"), ("zh", "渠道 在线聊天")])
def test_the_channel_is_named_in_the_reader_s_language(session, talk, language, told):
    assert told in transcript_export.export(copy(session, talk, language), "txt").decode().splitlines()[1]


def test_no_page_ends_with_who_said_what_stands_on_the_next(session, talk):
    for number in range(60):
        desk.says(session, talk, f"word {number}")
    made = copy(session, talk, masked=False)
    pages = pages_of(transcript_export.export(made, "pdf"))

    assert len(pages) > 1
    assert not any(page[-1].endswith("Customer") for page in pages)


def test_json_can_be_read_by_programs(session, talk):
    told = json.loads(transcript_export.export(copy(session, talk), "json"))

    assert [message["sender"] for message in told["messages"]] == ["customer", "bot"]
    assert told["messages"][0]["reading"]["ranking"] == [["file_claim", 0.9]]
    assert (told["masked"], told["tags"], told["notes"][0]["author"]) == (True, ["theft"], "Ada Moreau")


@pytest.mark.parametrize("kind", ["txt", "json"])
def test_unmasked_it_holds_what_was_written(session, talk, kind):
    assert "Imogen Thackeray" in transcript_export.export(copy(session, talk, masked=False), kind).decode()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pdf_is_a_pdf_in_both_languages_and_always_the_same(session, talk, language):
    made = copy(session, talk, language)
    first, second = (transcript_export.export(made, "pdf") for _ in range(2))

    assert first == second
    assert first.startswith(b"%PDF-")
    assert b"STSong-Light" in first


def test_reading_unmasked_is_entered_in_the_audit(store):
    with store.session() as session:
        customer = make.a_customer(session)
        talk = desk.a_talk(session, "hello", customer=customer)
    with store.reading() as session:
        transcripts.transcript(session, talk)
    with store.reading() as session:
        assert "unmask" not in [entry.verb for entry in audit.entries_about(session, customer.id)]
    with store.session() as session:
        transcripts.transcript(session, talk, masked=False)
    with store.reading() as session:
        assert ("unmask", "messages") in [
            (entry.verb, entry.area) for entry in audit.entries_about(session, customer.id)
        ]
