from datetime import timedelta

import pytest

from crm.domain import HandoffReason
from crm.services import desk_search, feedback, tags
from crm.services.desk_search import Wanted
from tests.factories import crm as make
from tests.factories import desk

DAY = timedelta(days=1)


def ids(session, **wanted):
    return [found.conversation_id for found in desk_search.find(session, Wanted(**wanted))]


def test_words_are_found_in_either_language(session):
    english = desk.a_talk(session, "My windscreen cracked", "on the motorway")
    chinese = desk.a_talk(session, "我的挡风玻璃裂了", language="zh")

    assert ids(session, words="cracks windscreen") == [english]
    assert ids(session, words="挡风玻璃") == [chinese]
    assert ids(session, words="windscreen motorway") == [], "all words have to stand in one message"


def test_words_that_stand_everywhere_find_nothing(session):
    desk.a_talk(session, "the of and")

    assert ids(session, words="the") == []
    assert len(ids(session)) == 1


def test_a_hit_is_the_newest_message_and_masked(session):
    customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
    desk.a_talk(session, "flood", "Imogen Thackeray has a flood", "thanks", customer=customer)

    found = desk_search.find(session, Wanted(words="flood"))[0]
    plain = desk_search.find(session, Wanted(words="flood"), masked=False)[0]

    assert (found.seq, found.customer_name) == (2, "Imogen T.")
    assert "Thackeray" not in found.text
    assert plain.text == "Imogen Thackeray has a flood"


def test_every_way_of_looking_narrows_the_others(session):
    ada, bea = desk.an_employee(session, "Ada"), desk.an_employee(session, "Bea")
    customer = make.a_customer(session)
    wanted = desk.a_talk(session, "flood", customer=customer, now=make.NOW + DAY)
    desk.a_handoff(session, wanted, employee=ada, reason="complaint")
    tags.add(session, wanted, "Total Loss", by=1, now=make.NOW)
    other = desk.a_talk(session, "flood", now=make.NOW - DAY)
    desk.a_handoff(session, other, employee=bea, reason="emergency")

    ways = {
        "words": "flood",
        "customer_id": customer.id,
        "since": make.NOW,
        "until": make.NOW + 2 * DAY,
        "reason": HandoffReason.COMPLAINT,
        "employee_id": ada.id,
        "tag": "total-loss",
    }
    assert ids(session, **ways) == [wanted]
    assert ids(session, words="flood") == [wanted, other]
    for name, value in ways.items():
        if name != "words":
            expected = [wanted, other] if name == "until" else [wanted]
            assert ids(session, **{name: value}) == expected, name
    assert ids(session, **{**ways, "employee_id": bea.id}) == []


def test_pages_follow_each_other_without_gap(session):
    talks = [desk.a_talk(session, "flood", now=make.NOW + number * DAY) for number in (0, 1, 1, 2, 3)]

    seen: list[str] = []
    while page := desk_search.find(session, Wanted(words="flood"), before=seen[-1] if seen else None, limit=2):
        seen += [found.conversation_id for found in page]

    assert sorted(seen) == sorted(talks)
    assert seen[0] == talks[-1]


def test_what_came_of_it_stands_beside_it(session):
    talk = desk.a_talk(session, "flood")
    desk.a_handoff(session, talk, employee=desk.an_employee(session, "Ada"), reason="complaint")
    feedback.give(session, talk, score=2, now=make.NOW)

    found = desk_search.find(session, Wanted(words="flood"))[0]

    assert (found.reasons, found.employees, found.score) == ((HandoffReason.COMPLAINT,), ("Ada",), 2)


@pytest.mark.parametrize("tag", ["", "x" * 33, "call +15550104477", "Tom & Co", "12345678"])
def test_a_tag_that_could_tell_of_a_person_is_refused(session, tag):
    with pytest.raises(tags.InvalidInput):
        tags.add(session, desk.a_talk(session), tag, by=1, now=make.NOW)


def test_a_tag_has_one_spelling_and_is_there_once(session):
    talk = desk.a_talk(session)
    for spelling in ("Total Loss", "total_loss", " TOTAL-LOSS "):
        tags.add(session, talk, spelling, by=1, now=make.NOW)
    tags.add(session, talk, "车险", by=1, now=make.NOW)

    assert tags.of(session, talk) == ["total-loss", "车险"]
    assert tags.remove(session, talk, "total-loss") == ["车险"]
    assert tags.known(session)[0] == "车险"
