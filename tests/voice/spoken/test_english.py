"""English text becomes what people say."""

import pytest

from voice.spoken import spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Policy PA-1234567 it is.", "Policy P A, one two three, four five six seven, it is."),
        ("until Nov 12, 2026", "until November twelfth, twenty twenty-six"),
        ("on Thursday, November 12, 2026", "on Thursday, November twelfth, twenty twenty-six"),
        ("4 March 1985", "March fourth, nineteen eighty-five"),
        ("from 2026-05-01 on", "from May first, twenty twenty-six on"),
        ("at 5:00\u202fPM", "at five P M"),
        ("at 9:05 AM", "at nine oh five A M"),
        ("from 8:00 to 18:00", "from eight A M to six P M"),
        ("at 3 pm", "at three P M"),
        ("$1,234.50", "one thousand two hundred and thirty-four dollars and fifty cents"),
        ("$1", "one dollar"),
        ("$0.05", "five cents"),
        ("£0", "zero pounds"),
        ("+$30 a year", "plus thirty dollars a year"),
        ("€5.10", "five euros and ten cents"),
        ("12.5%", "twelve point five percent"),
        ("555 010 0123", "five five five, zero one zero, zero one two three"),
        ("+1 555 010 0123", "plus one, five five five, zero one zero, zero one two three"),
        ("ZIP 62704", "zip six two seven, zero four"),
        ("the 15th", "the fifteenth"),
        ("the 21st", "the twenty-first"),
        ("18,000 miles", "eighteen thousand miles"),
        ("250k", "two hundred and fifty thousand"),
        ("10-14 days", "ten to fourteen days"),
        ("about 1 min or 3 min", "about one minute or three minutes"),
        ("KT47 QHM", "K T, four seven, Q H M"),
        ("2021 Honda Civic", "twenty twenty-one Honda Civic"),
        ("built in 2005", "built in two thousand and five"),
        ("a.b@example.com", "a dot b at example dot com"),
        ("We have sent you https://pay.example/x?y=1.", "We have sent you the link."),
        ("e.g. a PDF", "for example a P D F"),
        ("the last 4", "the last four"),
        ("a claim (theft)", "a claim, theft"),
    ],
)
def test_what_is_said(written: str, said: str) -> None:
    assert spoken(written, "en") == said


def test_a_list_becomes_sentences() -> None:
    assert spoken("You have:\n• **one** thing\n- another", "en") == "You have: one thing. another"


def test_a_link_is_its_title_and_emoji_are_silent() -> None:
    assert spoken("See [our page](https://x.example) 🚗👩‍👩‍👧 # now", "en") == "See our page now"


def test_a_question_stays_one() -> None:
    assert spoken("Is it *right*?", "en") == "Is it right?"
