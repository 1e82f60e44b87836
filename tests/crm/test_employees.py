from datetime import date, datetime, time, timedelta, timezone

import pytest
from sqlalchemy import select

from crm.demo import Job, fill
from crm.domain import Line, Need, OpeningSpan
from crm.errors import InvalidInput, NotFound
from crm.schema import ClosedDay, Employee, EmployeeLanguage, Handoff, TeamMember
from crm.services import agents, claims, employees, organisation
from tests.factories import crm as make

NIGHT = make.NOW + timedelta(hours=10)
LIFE_IN_CHINESE = Need("zh", Line.LIFE)


def a_colleague(session, *skills, language="zh", **values) -> Employee:
    row = make.an_employee(session, *(skills or ("chat", "policies_life")), **values)
    session.add(EmployeeLanguage(employee_id=row.id, language=language))
    session.flush()
    employees.set_hours(session, row.id, [OpeningSpan(day, time(9), time(17)) for day in range(5)])
    return row


def keep_busy(session, row, customers: int) -> None:
    for _ in range(customers):
        chat = make.a_conversation(session)
        session.add(
            Handoff(
                conversation_id=chat.id,
                employee_id=row.id,
                state="accepted",
                reason="asked_for",
                summary="",
                requested_at=make.NOW,
            )
        )
    session.flush()


def who(session, need=LIFE_IN_CHINESE, now=make.NOW, **options):
    return [candidate.employee.id for candidate in employees.for_handoff(session, need, now=now, **options)]


class TestWhoCanTakeAHandoff:
    def test_somebody_with_skills_language_and_time(self, session):
        fit = a_colleague(session)
        a_colleague(session, "chat", "policies_auto")
        a_colleague(session, "policies_life")
        a_colleague(session, language="en")
        a_colleague(session, active=False)
        assert who(session) == [fit.id]

    def test_about_a_claim_the_line_s_handlers(self, session):
        a_colleague(session)
        handler = a_colleague(session, "chat", "claims_life")
        assert who(session, Need("zh", Line.LIFE, about_claim=True)) == [handler.id]

    def test_nobody_at_night(self, session):
        a_colleague(session)
        assert who(session, now=NIGHT) == []

    def test_hours_are_local_to_the_employee(self, session):
        far = a_colleague(session, time_zone="Asia/Shanghai")  # 18:00 there
        early = datetime(2026, 11, 20, 2, 0, tzinfo=timezone.utc)  # 10:00 there
        assert who(session) == []
        assert who(session, now=early) == [far.id]

    def test_without_own_hours_those_of_the_unit(self, session):
        row = a_colleague(session)
        employees.set_hours(session, row.id, [])
        assert who(session) == [row.id]
        assert who(session, now=NIGHT) == []

    @pytest.mark.parametrize(("first", "last", "here"), [(-2, -1, True), (-2, 0, False), (0, 3, False), (1, 3, True)])
    def test_not_who_is_away(self, session, first, last, here):
        row, today = a_colleague(session), make.NOW.date()
        days = {"first_day": today + timedelta(days=first), "last_day": today + timedelta(days=last)}
        employees.record_absence(session, row.id, reason="leave", **days)
        assert bool(who(session)) is here

    def test_nobody_on_a_closed_day(self, session):
        a_colleague(session)
        session.add(ClosedDay(day=make.NOW.date(), name="Founders' day"))
        session.flush()
        assert who(session) == []

    def test_not_who_has_no_room_left(self, session):
        full, free = a_colleague(session, capacity=2), a_colleague(session, capacity=3)
        keep_busy(session, full, 2)
        keep_busy(session, free, 2)
        assert who(session) == [free.id]

    def test_the_better_skilled_first_then_the_less_busy(self, session):
        busy, learning, idle = (a_colleague(session) for _ in range(3))
        keep_busy(session, busy, 1)
        for skill in learning.skills:
            skill.level = 1
        session.flush()
        assert who(session) == [idle.id, busy.id, learning.id]

    def test_the_own_agent_before_everybody(self, session):
        a_colleague(session)
        agent = a_colleague(session)
        keep_busy(session, agent, 2)
        customer = make.a_customer(session, agent_id=agent.id)
        found = employees.for_handoff(session, LIFE_IN_CHINESE, now=make.NOW, customer_id=customer.id)
        assert [candidate.is_own_agent for candidate in found] == [True, False]
        assert found[0].employee.free == 1

    def test_the_own_agent_only_when_they_can(self, session):
        other, agent = a_colleague(session), a_colleague(session, "chat", "policies_auto")
        customer = make.a_customer(session, agent_id=agent.id)
        assert who(session, customer_id=customer.id) == [other.id]


def test_a_profile_says_what_colleagues_need(session):
    row = a_colleague(session, "chat", "policies_life", capacity=4)
    view = employees.profile(session, row.id)
    assert (view.languages, dict(view.skills), view.unit) == (("zh",), {"chat": 3, "policies_life": 3}, "customer_care")
    assert (view.free, len(view.hours.spans), view.is_working(make.NOW)) == (4, 5, True)
    with pytest.raises(NotFound):
        employees.profile(session, 4711)


@pytest.mark.parametrize(
    "spans",
    [
        [OpeningSpan(0, time(17), time(9))],
        [OpeningSpan(7, time(9), time(17))],
        [OpeningSpan(1, time(9), time(13)), OpeningSpan(1, time(12), time(17))],
    ],
)
def test_hours_that_cannot_be_are_refused(session, spans):
    row = a_colleague(session)
    with pytest.raises(InvalidInput):
        employees.set_hours(session, row.id, spans)


def test_an_absence_ends_after_it_begins(session):
    row = a_colleague(session)
    with pytest.raises(InvalidInput):
        employees.record_absence(session, row.id, first_day=date(2026, 5, 2), last_day=date(2026, 5, 1), reason="leave")


def test_who_serves_a_customer(session):
    branch = make.a_branch(session)
    agent = a_colleague(session, name="Ines Okoro", branch_id=branch.id)
    make.an_employee(session, "claims_auto", name="Rob Handler")
    policy = make.a_policy(session, make.a_customer(session, agent_id=agent.id))
    claim = claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    serving = agents.serving(session, policy.customer_id, make.NOW)
    assert (serving.agent.name, serving.agent_works_now, serving.branch.name) == ("Ines Okoro", True, "Alderwick")
    assert {number: person.name for number, person in serving.claim_handlers.items()} == {claim.number: "Rob Handler"}
    nobody = agents.serving(session, make.a_customer(session).id, make.NOW)
    assert (nobody.agent, nobody.branch, dict(nobody.claim_handlers)) == (None, None, {})


class TestDemo:
    @pytest.fixture
    def demo(self, sqlite_store):
        fill(sqlite_store, Job(10, 1, "2026-11-20"), key_file=None)
        with sqlite_store.reading() as session:
            yield session

    def test_the_hand_off_in_chinese_about_a_life_policy_finds_somebody_all_week(self, demo):
        for day in range(5):
            for hour in (15, 18, 21):  # 10:00, 13:00 and 16:00 in the demo's time zone
                now = datetime(2026, 11, 23 + day, hour, tzinfo=timezone.utc)
                assert who(demo, now=now), now

    def test_every_line_is_served_in_both_languages(self, demo):
        now = datetime(2026, 11, 24, 16, tzinfo=timezone.utc)
        served = {
            (line, language) for line in Line for language in ("en", "zh") if who(demo, Need(language, line), now)
        }
        assert len(served) == 2 * len(Line)

    def test_who_leads_customer_care_can_take_anybody(self, demo):
        led = [team for team in employees.teams(demo) if team.code == "care_day"]
        query = select(TeamMember.employee_id).where(TeamMember.leads)
        leads = [view for key in demo.scalars(query) if "care_day" in (view := employees.profile(demo, key)).leads]
        assert len(leads) == len(led[0].leads) == 2
        for lead in leads:
            assert (lead.languages, lead.capacity) == (("en", "zh"), 6)
            for line in Line:
                for about_claim in (True, False):
                    assert {"chat", *Need("zh", line, about_claim).all_skills} <= set(lead.skills)

    def test_teams_have_leads_and_some_are_away(self, demo):
        found = employees.teams(demo)
        assert [team.code for team in found] == ["advice", "care_day", "motor", "personal", "property"]
        assert all(len(team.leads) == 2 and set(team.leads) < set(team.members) for team in found)
        assert 0 < demo.query(employees.Absence).count() < 20

    def test_sheets_in_both_languages_and_key_figures_of_three_years(self, demo):
        for line in Line:
            sheets = [organisation.product_sheet(demo, line, language) for language in ("en", "zh")]
            assert [sheet.language for sheet in sheets] == ["en", "zh"]
            assert all(sheet.covered and sheet.not_covered and sheet.summary for sheet in sheets)
        assert organisation.product_sheet(demo, Line.LIFE, "fr").language == "en"
        assert {figure.period for figure in organisation.key_figures(demo)} == {"2023", "2024", "2025"}
        assert [f.value for f in organisation.key_figures(demo, "2025") if f.code == "solvency_ratio"] == [214.0]


def test_without_a_sheet_it_is_said(session):
    with pytest.raises(NotFound):
        organisation.product_sheet(session, Line.LIFE, "en")
