"""The confidences that come with a message decide what may leave a form's question."""

from dataclasses import replace

import pytest

from tests.bot.policies.chat import claim_until, said


@pytest.mark.parametrize(("even", "answered"), [(0.4, True), (0.6, False)])
def test_what_fits_no_question_leaves_it_from_even_on(even: float, answered: bool) -> None:
    chat = claim_until("claim_date")
    done = chat(replace(said("where is your office", "find_branch", 0.5), even=even))
    assert (done[0] != "utter_hint_claim_date") is answered


@pytest.mark.parametrize(("sure", "kept"), [(0.8, False), (0.95, True)])
def test_what_could_be_the_answer_leaves_the_question_from_sure_on(sure: float, kept: bool) -> None:
    chat = claim_until("claim_place")
    chat(replace(said("at your office in Leeds", "find_branch", 0.9), sure=sure))
    assert (chat.slots.get("claim_place") == "at your office in Leeds") is kept
