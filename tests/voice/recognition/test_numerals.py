"""Numbers as words, and words as digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.recognition.numerals import as_words, digit_by_digit, digits_of, ordinal, year

figures = st.text("0123456789", max_size=12)


@given(figures)
def test_digits_that_are_said_are_read(digits):
    assert digits_of(digit_by_digit(digits)) == digits


@given(figures, st.sets(st.integers(0, 12)))
def test_figures_and_words_may_be_mixed(digits, spelled):
    said = [
        word for place, digit in enumerate(digits) for word in (digit_by_digit(digit) if place in spelled else digit)
    ]
    assert digits_of(said) == digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("double four", "44"),
        ("triple 7 one", "7771"),
        ("double double oh", "00"),
        ("nine o oh zero", "9000"),
        ("90 427", "90427"),
        ("nine double", "9"),
        ("it is four er five", "45"),
        ("twenty", ""),
        ("", ""),
    ],
)
def test_what_is_said_means_digits(said, digits):
    assert digits_of(said.split()) == digits


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (1250, "one thousand two hundred fifty"),
        (999_999, "nine hundred ninety nine thousand nine hundred ninety nine"),
    ],
)
def test_a_number_is_said(number, said):
    assert as_words(number) == said.split()


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_numbers_do_not_sound_the_same(one, other):
    assert (as_words(one) == as_words(other)) == (one == other)


@pytest.mark.parametrize(
    ("number", "said"), [(1, "first"), (12, "twelfth"), (20, "twentieth"), (23, "twenty third"), (31, "thirty first")]
)
def test_a_day_is_said(number, said):
    assert ordinal(number) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1985, "nineteen eighty five"),
        (1900, "nineteen hundred"),
        (1905, "nineteen oh five"),
        (2000, "two thousand"),
        (2004, "two thousand four"),
        (2010, "twenty ten"),
    ],
)
def test_a_year_is_said(number, said):
    assert year(number) == said.split()
