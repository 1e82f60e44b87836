import re
from datetime import date

import pytest

from crm.domain import Line, PolicyStatus
from crm.errors import NotEligible, NotFound
from crm.services import attachments, documents, service_requests
from tests.factories import crm as make


def proof(session, policy, language="en"):
    return documents.proof_of_insurance(session, policy.customer_id, policy.number, language, now=make.NOW)


def says(pdf: bytes, words: str) -> bool:
    """Whether the page shows `words`: every string it draws is read back, Chinese ones as UTF-16."""
    drawn = [_unescaped(string) for string in re.findall(rb"\((.*?)(?<!\\)\) Tj", pdf)]
    return any(words.encode() in string or words.encode("utf-16-be") in string for string in drawn)


def _unescaped(string: bytes) -> bytes:
    return re.sub(
        rb"\\([0-7]{3}|.)",
        lambda found: bytes([int(found[1], 8)]) if len(found[1]) == 3 else found[1],
        string,
        flags=re.DOTALL,
    )


def test_the_proof_names_what_is_insured(session):
    policy = make.a_policy(session)
    pdf = proof(session, policy)
    assert pdf.startswith(b"%PDF")
    for words in ("Proof of insurance", policy.number, "Volvo V60", "1 January 2026", "Liability", "USD 1,000,000.00"):
        assert says(pdf, words), words


def test_in_chinese_its_words_are_chinese(session):
    policy = make.a_policy(session)
    pdf = proof(session, policy, "zh")
    for words in ("保险证明", "投保人", "车险", "盗窃"):
        assert says(pdf, words), words
    assert b"STSong-Light" in pdf


def test_a_chinese_name_stands_in_an_english_proof(session):
    customer = make.a_customer(session, given_name="晓明", family_name="王")
    assert says(proof(session, make.a_policy(session, customer)), "王晓明")


def test_a_language_that_is_not_there_is_english(session):
    assert says(proof(session, make.a_policy(session), "fr-CA"), "Proof of insurance")


def test_markup_in_a_name_is_text(session):
    customer = make.a_customer(session, family_name="<b>&Co</b>")
    pdf = proof(session, make.a_policy(session, customer))
    assert says(pdf, "/b")  # drawn, piece by piece
    assert b"Helvetica-Bold" not in pdf


@pytest.mark.parametrize("line", Line)
def test_every_line_has_one(session, line):
    assert proof(session, make.a_policy(session, line=line, insured={"persons": "2"})).startswith(b"%PDF")


@pytest.mark.parametrize(
    "values",
    [
        {"status": PolicyStatus.LAPSED},
        {"ends_on": date(2026, 11, 19)},
        {"starts_on": date(2026, 11, 21)},
    ],
)
def test_what_is_not_in_force_is_not_proven(session, values):
    with pytest.raises(NotEligible):
        proof(session, make.a_policy(session, **values))


def test_another_customer_s_policy_is_not_found(session):
    policy, stranger = make.a_policy(session), make.a_customer(session)
    with pytest.raises(NotFound):
        documents.proof_of_insurance(session, stranger.id, policy.number, "en", now=make.NOW)


@pytest.mark.parametrize(("language", "name"), [("en", "proof-of-insurance-{}.pdf"), ("zh", "保险证明-{}.pdf")])
def test_issued_it_is_a_file_of_the_conversation_with_a_reference(session, language, name):
    policy, chat = make.a_policy(session), make.a_conversation(session)
    file = documents.issue_proof(
        session, policy.customer_id, policy.number, conversation_id=chat.id, language=language, now=make.NOW
    )
    assert (file.name, file.media_type) == (name.format(policy.number), "application/pdf")
    (request,) = service_requests.list_requests(session, policy.customer_id)
    assert (request.kind, request.status, request.policy_number) == ("proof_of_insurance", "done", policy.number)
    content = attachments.read(session, chat.id, file.id)[1]
    assert says(content, request.number)
