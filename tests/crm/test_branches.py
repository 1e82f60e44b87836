from datetime import datetime, timedelta, timezone

import pytest

from crm import places, reference
from crm.demo import lists
from crm.errors import InvalidInput
from crm.services import agents, branches
from tests.factories import crm as make

UTC = timezone.utc


@pytest.fixture
def towns(session):
    for city, postcode in (("Alderwick", "AW1 1HS"), ("Fernbridge", "FB2 4MS"), ("Kestrel Bay", "KB3 9QS")):
        make.a_branch(session, city, postcode)


def names(session, **where):
    return [near.branch.name for near in branches.nearest(session, now=make.NOW, **where)]


@pytest.mark.usefixtures("towns")
class TestNearest:
    @pytest.mark.parametrize("place", ["EV1 1AA", "ev1", "I live in Eastvale now", "伊斯特韦尔附近", (41.36, -71.93)])
    def test_by_postcode_town_sentence_or_position(self, session, place):
        where = {"position": place} if isinstance(place, tuple) else {"place": place}
        assert names(session, **where) == ["Kestrel Bay", "Alderwick", "Fernbridge"]

    def test_the_distance_is_in_kilometres(self, session):
        first = branches.nearest(session, now=make.NOW, place="AW1 1AA", limit=2)
        assert [near.distance_km for near in first] == [0.0, 25.7]

    def test_a_town_off_the_map_is_found_by_its_branch(self, session):
        make.a_branch(session, "Ulm", "89073")
        assert names(session, place="in ulm please") == ["Ulm"]

    def test_an_unknown_place_is_asked_for_again(self, session):
        with pytest.raises(InvalidInput) as refused:
            names(session, place="Atlantis")
        assert refused.value.field == "place"

    def test_without_a_place_they_come_by_name(self, session):
        near = branches.nearest(session, now=make.NOW, limit=2)
        assert [(n.branch.name, n.distance_km) for n in near] == [("Alderwick", None), ("Fernbridge", None)]

    def test_open_it_says_until_when(self, session):
        (near,) = branches.nearest(session, now=make.NOW, limit=1)
        assert (near.is_open, near.opens_at) == (True, None)
        assert near.closes_at == datetime(2026, 11, 20, 17, tzinfo=UTC)

    def test_closed_it_says_when_it_opens(self, session):
        (near,) = branches.nearest(session, now=make.NOW + timedelta(hours=8), limit=1)
        assert (near.is_open, near.closes_at) == (False, None)
        assert near.opens_at == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_every_town_of_the_demo_is_on_the_map():
    areas = reference.table("places")["areas"]
    assert {area: content["names"][0] for area, content in areas.items()} == {
        area: town.casefold() for town, area in lists.words()["towns"]
    }
    assert all(places.locate(town) for town, _ in lists.words()["towns"])


class TestAgent:
    def test_the_own_agent_with_branch_and_distance(self, session):
        branch = make.a_branch(session)
        agent = make.an_employee(session, "advice", branch_id=branch.id)
        view = agents.my_agent(session, make.a_customer(session, agent_id=agent.id).id, make.NOW)
        assert view.agent.name == "Rhona Castell"
        assert (view.branch.branch.name, view.branch.distance_km, view.branch.is_open) == ("Alderwick", 0.0, True)

    def test_nobody_has_an_agent_who_left(self, session):
        agent = make.an_employee(session, "advice", active=False)
        assert agents.my_agent(session, make.a_customer(session, agent_id=agent.id).id, make.NOW) is None
        assert agents.my_agent(session, make.a_customer(session).id, make.NOW) is None
