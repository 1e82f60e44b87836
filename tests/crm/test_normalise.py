import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import normalise
from crm.normalise import Identifier, IdentifierKind


@pytest.mark.parametrize("text", ["PA-1234567", " pa 1234567", "pa1234567", "ＰＡ－１２３４５６７"[:2] + "1234567"])
def test_policy_numbers_have_one_spelling(text):
    assert normalise.policy_number(text) == "PA-1234567"


@pytest.mark.parametrize("text", ["+1 555 234 5678", "(555) 234-5678", "555.234.5678", "+15552345678"])
def test_phone_numbers_have_one_spelling(text):
    assert normalise.phone(text) == "+15552345678"


@pytest.mark.parametrize("text", ["12", "hello", "+", "PA-1234567"])
def test_what_is_no_phone_number_is_none(text):
    assert normalise.phone(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pa 1234567", IdentifierKind.POLICY),
        ("A@Example.com", IdentifierKind.EMAIL),
        ("555 234 5678", IdentifierKind.PHONE),
        ("Margaret", IdentifierKind.UNKNOWN),
    ],
)
def test_an_identifier_says_what_it_is(text, kind):
    assert Identifier.parse(text).kind is kind


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader_of_identifiers(text):
    parsed = Identifier.parse(text)
    assert Identifier.parse(parsed.value) == parsed or parsed.kind is IdentifierKind.UNKNOWN
