import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.masking import KINDS, Span, masker
from crm.masking.recognisers import recognisers
from crm.masking.spans import merged
from tests.crm.masking.corpus import Sentence, known, sentences
from vault.masking import MASK, mask_personal, passes_luhn

ALL = [*sentences("en"), *sentences("zh")]
KNOWN = {language: known(language) for language in ("en", "zh")}
LOGGED = {"POLICY", "CLAIM", "REFERENCE", "CARD", "EMAIL", "IBAN", "RESIDENT_ID"}  # of a shape that logs know too

filler = st.sampled_from(["", " ", "please ", "我的", "是", ", ", "：", "and then ", "(", "\n"])


def test_there_is_a_corpus():
    assert min(len(sentences(language)) for language in ("en", "zh")) >= 100


@pytest.mark.parametrize("sentence", ALL, ids=lambda sentence: sentence.text[:30])
def test_what_must_be_masked_is_and_nothing_else(sentence: Sentence):
    masked = masker().mask(sentence.text, sentence.language, KNOWN[sentence.language])
    assert [(span.start, span.end, span.kind) for span in masked.spans] == list(sentence.spans)


@pytest.mark.parametrize("sentence", [each for each in ALL if each.spans], ids=lambda sentence: sentence.text[:30])
def test_logs_mask_what_has_a_shape_of_its_own_alike(sentence: Sentence):
    logged = mask_personal(sentence.text)
    for start, end, kind in sentence.spans:
        if kind in LOGGED and " @" not in sentence.text:
            assert sentence.text[start:end] not in logged


@pytest.mark.parametrize("sentence", ALL, ids=lambda sentence: sentence.text[:30])
def test_a_sentence_in_the_other_language_is_masked_as_well(sentence: Sentence):
    other = "zh" if sentence.language == "en" else "en"
    masked = masker().mask(sentence.text, other, KNOWN[sentence.language])
    for start, end, _ in sentence.spans:
        assert any(span.start <= start and end <= span.end for span in masked.spans)


def test_a_masked_text_says_what_was_there():
    text = masker().mask("card 4111 1111 1111 1111, call +1 212 555 0199", "en").text
    assert text == "card [CARD 1111], call [PHONE]"


def test_masking_twice_changes_nothing():
    for sentence in ALL:
        once = masker().mask(sentence.text, sentence.language, KNOWN[sentence.language]).text
        assert masker().mask(once, sentence.language, KNOWN[sentence.language]).text == once


def test_no_network_is_needed(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert masker().mask("mail a.b@example.co.uk", "en").text == "mail [EMAIL]"


def test_threads_may_share_a_masker():
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda n: masker().mask(f"call +1 212 555 {n:04}", "en").text, range(200)))
    assert set(texts) == {"call [PHONE]"}


def test_deep_data_is_masked_and_its_shape_kept():
    data = {"rows": [["Policy", "PA-1234567"], ("Paid", 5, None)], "deep": {"mail": "a@example.org"}}
    assert masker().mask_all(data, "en") == {
        "rows": [["Policy", "[POLICY]"], ("Paid", 5, None)],
        "deep": {"mail": "[EMAIL]"},
    }


@pytest.mark.parametrize(
    ("known_value", "written"),
    [
        ("Ada Quill", "ada  QUILL"),
        ("Ada Quill", "Ada-Quill's"),
        ("4 Quince Lane", "4, quince lane"),
        ("+8613800138000", "138 0013 8000"),
        ("+12125550147", "(212) 555-0147"),
        ("1984-03-09", "9th of March 1984"),
        ("1984-03-09", "09/03/84"),
        ("1984-03-09", "1984年3月9号"),
        ("1984-03-09", "19840309"),
        ("欧阳小明", "欧阳 小明"),
    ],
)
def test_a_known_value_is_found_in_the_forms_people_write(known_value, written):
    masked = masker().mask(f"well {written} then", "en", [known_value])
    assert "[" in masked.text
    assert not any(part in masked.text for part in re.findall(r"\w{3,}", written))


@pytest.mark.parametrize("text", ["may I change it", "I will call", "the long road", "rose bushes"])
def test_a_name_that_is_also_a_word_stays_when_it_is_one(text):
    assert masker().mask(text, "en", ["May", "Will", "Long", "Rose", "Imogen Long"]).text == text


def test_a_name_that_is_also_a_word_goes_when_it_is_a_name():
    assert masker().mask("Will here", "en", ["Will"]).text == "[NAME] here"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200), st.sampled_from(["en", "zh"]), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_is_masked_in_order_and_without_overlaps(text, language, values):
    masked = masker().mask(text, language, values)
    ends = 0
    for span in masked.spans:
        assert ends <= span.start < span.end <= len(text)
        ends = span.end


@st.composite
def card_numbers(draw):
    """A card number that checks, grouped in any way, in any digits."""
    body = draw(st.sampled_from("3456")) + draw(st.text("0123456789", min_size=12, max_size=17))
    number = next(body + last for last in "0123456789" if passes_luhn(body + last))
    separator = draw(st.sampled_from(["", " ", "-", "  ", ".", "\u3000", "\u00a0", "\u200b"]))
    size = draw(st.integers(1, 6))
    grouped = separator.join(number[at : at + size] for at in range(0, len(number), size))
    return grouped.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}) if draw(st.booleans()) else grouped


@settings(deadline=None)
@given(card_numbers(), filler, filler)
def test_a_card_number_never_survives(card, before, after):
    for masked in (masker().mask(f"{before}{card}{after}", "zh").text, mask_personal(f"{before}{card}{after}")):
        assert len(re.findall(r"\d", masked)) <= 4


@settings(deadline=None)
@given(
    st.integers(1_000_000, 9_999_999),
    st.sampled_from(["PA", "cl", "Pa", "ＰＡ"]),
    st.sampled_from(["-", " ", "", "－"]),
    filler,
    filler,
)
def test_our_numbers_never_survive(number, kind, dash, before, after):
    text = f"{before}{kind}{dash}{number}{after}"
    assert str(number) not in masker().mask(text, "en").text
    assert str(number) not in mask_personal(text)


def test_overlapping_spans_become_one_of_the_surest_kind():
    spans = [Span(0, 5, "PHONE", 0.6), Span(3, 9, "CARD", 0.9), Span(9, 12, "NAME")]
    assert merged(spans) == [Span(0, 9, "CARD", 0.9), Span(9, 12, "NAME")]


def test_the_mark_of_logs_is_itself_nothing_personal():
    assert mask_personal(MASK) == MASK
    assert masker().mask(MASK, "en").spans == ()


def test_every_kind_that_is_found_is_a_known_one():
    assert {each.supported_entities[0] for code in ("en", "zh") for each in recognisers(code)} <= set(KINDS)
