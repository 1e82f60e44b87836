"""What the queue and a conversation are shown as."""

import pytest

from crm.domain import HandoffView
from gateway.desk.threads import part, pieces
from gateway.desk.views import QueueRow, discreet


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Maria Keller", "Maria K."),
        ("Ana de la Cruz", "Ana C."),
        ("王小明", "王**"),
        ("Cher", "Cher"),
        (None, None),
        ("", None),
    ],
)
def test_names_are_shortened(name, shown):
    assert discreet(name) == shown


def test_a_masked_text_comes_in_pieces_with_its_labels_counted():
    found = pieces("call [PHONE] or pay with [CARD 1111]!")
    assert [(each.text, each.kind, each.index) for each in found] == [
        ("call ", "", 0), ("", "PHONE", 0), (" or pay with ", "", 0), ("1111", "CARD", 1), ("!", "", 0),
    ]  # fmt: skip


def test_words_in_brackets_are_no_labels():
    assert [each.kind for each in pieces("see [1] and [ok]")] == [""]


@pytest.mark.parametrize(("index", "hidden"), [(0, "+44 7700 900123"), (1, "a@b.example")])
def test_one_label_is_found_again_in_the_readable_text(index, hidden):
    plain = "call +44 7700 900123 or write to a@b.example, please"
    assert part("call [PHONE] or write to [EMAIL], please", plain, index) == hidden


def test_a_label_that_is_not_there_shows_nothing():
    assert part("call [PHONE]", "call +44 7700 900123", 3) is None
    assert part("call [PHONE]", "something else", 0) is None


def a_row(**values):
    wish = {name: None for name in HandoffView.__dataclass_fields__} | values
    return QueueRow(HandoffView(**wish), None)


def test_a_queue_s_row_leaves_out_what_says_nothing_once_it_is_masked():
    row = a_row(summary="PA-1234567\n1979-04-18\nmy car is gone\nmy car is gone")
    assert row.summary == "my car is gone"
