"""Search, figures, board, review, replies, export and the side, as a browser gets them."""

import json
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from crm.domain import MarkState, Role
from crm.schema import AuditEntry, Customer
from crm.services import canned_replies, feedback, handoffs, review, staff_sessions, tags, transcripts
from gateway.clock import utc_now
from gateway.desk.rendering import TEXTS
from tests.factories import crm as make
from tests.factories import desk
from tests.factories import handoffs as make_handoffs
from tests.factories.staff import an_account
from tests.gateway.harness import house

HTMX = {"HX-Request": "true"}


class Member:
    """Somebody at the desk, logged in; with `takes`, an employee who has that conversation."""

    def __init__(self, home, http, role, language="en", *, takes=""):
        with_employee = bool(takes)
        with home.store.session() as session:
            employee = (
                make_handoffs.an_agent(session, now=utc_now(), name=f"{role} {language}") if with_employee else None
            )
            self.employee_id = employee.id if employee else None
            account = an_account(
                session, f"{role}-{language}", role=role, language=language, employee_id=self.employee_id
            )
            token = staff_sessions.start(
                session, account.id, method="password", address="192.0.2.1", browser="Test",
                now=utc_now(), lasts=timedelta(hours=1),
            )  # fmt: skip
        if takes:
            with home.store.session() as session:
                waiting = handoffs.open_in(session, takes)
                handoffs.take(session, waiting.id, self.employee_id, now=utc_now(), force=True)
        self.http, self.account = http, account
        self._headers = {"cookie": f"careline_staff={token}", "X-CSRF-Token": staff_sessions.csrf_of(token)}

    async def get(self, path, **headers):
        return await self.http.get(path, headers={**self._headers, **headers})

    async def post(self, path, **fields):
        return await self.http.post(path, data=fields, headers={**self._headers, **HTMX})


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        (tmp_path / "knowledge" / "en").mkdir(parents=True)
        (tmp_path / "knowledge" / "en" / "auto.md").write_text(
            "---\ntitle: Auto\nalso asked:\n  Is theft covered?:\n    - somebody stole my car\n---\n\n"
            "## Is theft covered?\n\nTheft is covered with **comprehensive** [cover](x.md).\n\n"
            "## Where can I repair it?\n\nIn any garage.\n"
        )
        yield built


@pytest.fixture
async def http(home):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as client:
        yield client


@pytest.fixture
def talk(home):
    """A verified customer's conversation, of just now."""
    now = utc_now()
    with home.store.session() as session:
        make.care_unit(session)
        customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray", phone="+15550104477")
        make.a_policy(session, customer)
        talk = desk.a_talk(session, customer=customer, now=now)
        desk.says(session, talk, "I am Imogen Thackeray and somebody stole my car", intent="out_of_scope", now=now)
        handoffs.request(session, talk, reason="asked_for", summary="", now=now)
    return talk


def town(home):
    with home.store.reading() as session:
        return session.scalars(select(Customer)).one().address["city"]


def entered(home, verb):
    with home.store.reading() as session:
        return [entry.area for entry in session.scalars(select(AuditEntry).where(AuditEntry.verb == verb))]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "path", ["/desk/search", "/desk/search?words=x", "/desk/figures", "/desk/figures?span=day", "/desk/board",
             "/desk/review", "/desk/canned"]
)  # fmt: skip
async def test_pages_are_there_without_anything_to_show(home, http, path, language):
    answer = await Member(home, http, Role.SUPERVISOR, language).get(path)

    assert answer.status_code == 200
    assert "</html>" in answer.text
    assert re.search(r"style=|<script>", answer.text) is None, "the policy forbids it"


async def test_the_summary_quotes_masked_words_in_the_reader_s_language(home, http, talk):
    english = await Member(home, http, Role.AGENT).get(f"/desk/conversations/{talk}/summary")
    chinese = await Member(home, http, Role.AGENT, "zh").get(f"/desk/conversations/{talk}/summary")

    assert "somebody stole my car" in english.text
    assert "诉求" in chinese.text
    assert "Thackeray" not in english.text + chinese.text


async def test_the_side_hides_what_is_personal_until_it_is_asked_for(home, http, talk):
    agent = Member(home, http, Role.AGENT)
    side = await agent.get(f"/desk/conversations/{talk}/sidebar")

    assert "PA-" in side.text
    assert not {"Thackeray", "+15550104477", "Quince Lane"} & set(re.findall(r"[+\w]+(?: Lane)?", side.text))

    shown = await agent.post(f"/desk/conversations/{talk}/customer/phone/unmask")
    assert "+15550104477" in shown.text
    assert entered(home, "unmask") == ["customers"]


async def test_the_side_of_nobody_offers_what_can_be_done_all_the_same(home, http):
    with home.store.session() as session:
        talk = desk.a_talk(session, "hello", now=utc_now())
        handoffs.request(session, talk, reason="asked_for", summary="", now=utc_now())

    side = await Member(home, http, Role.AGENT, takes=talk).get(f"/desk/conversations/{talk}/sidebar")

    assert "Nobody has been verified" in side.text
    assert "Book a call-back" in side.text


async def test_the_side_tells_the_mark_the_customer_gave(home, http, talk):
    with home.store.session() as session:
        feedback.give(session, talk, score=2, now=utc_now())

    assert "Rated 2 of 5" in (await Member(home, http, Role.AGENT).get(f"/desk/conversations/{talk}/sidebar")).text


async def test_contact_details_are_changed_once_however_often_it_is_sent(home, http, talk):
    agent = Member(home, http, Role.AGENT, takes=talk)
    fields = {
        "token": "desk-" + "0" * 24,
        "line": "9 Mill Road",
        "city": "Fernbridge",
        "postcode": "F1",
        "country": "GB",
    }
    for _ in range(2):
        answer = await agent.post(f"/desk/conversations/{talk}/customer/contact", **fields)

    assert "The contact details are changed." in answer.text
    assert town(home) == "Fernbridge"
    assert answer.text.count("Contact details changed") == 1


async def test_a_value_that_cannot_be_is_refused_in_words(home, http, talk):
    agent = Member(home, http, Role.AGENT, takes=talk)
    answer = await agent.post(f"/desk/conversations/{talk}/customer/contact", token="desk-" + "1" * 24, phone="none")

    assert answer.status_code == 422
    assert "x-careline-message" in answer.headers


async def test_tags_are_set_and_taken_away(home, http, talk):
    agent = Member(home, http, Role.AGENT)
    await agent.post(f"/desk/conversations/{talk}/tags", tag="Total Loss")
    added = await agent.post(f"/desk/conversations/{talk}/tags", tag="theft")
    left = await agent.post(f"/desk/conversations/{talk}/tags/remove", tag="theft")

    assert "total-loss" in added.text
    assert ">theft<" not in left.text
    with home.store.reading() as session:
        assert tags.of(session, talk) == ["total-loss"]


async def test_suggestions_come_from_the_knowledge_as_plain_text(home, http, talk):
    answer = await Member(home, http, Role.AGENT).get(f"/desk/conversations/{talk}/suggestions")

    assert re.findall(r">([^<>]+)</button>", answer.text) == ["Is theft covered?"]
    assert 'data-put="Theft is covered with comprehensive cover."' in answer.text


async def test_a_wish_for_a_person_is_no_question_to_suggest_an_answer_for(home, http, talk):
    with home.store.session() as session:
        desk.says(session, talk, "how do I talk to a person", intent="talk_to_human", now=utc_now())

    answer = await Member(home, http, Role.AGENT).get(f"/desk/conversations/{talk}/suggestions")

    assert re.findall(r">([^<>]+)</button>", answer.text) == ["Is theft covered?"]


async def test_an_export_is_masked_entered_and_plain_only_for_who_may(home, http, talk):
    agent = Member(home, http, Role.AGENT)
    masked = await agent.get(f"/desk/conversations/{talk}/export.json")
    plain = await agent.get(f"/desk/conversations/{talk}/export.json?plain=1")
    pdf = await agent.get(f"/desk/conversations/{talk}/export.pdf")

    assert json.loads(masked.text)["masked"] is True
    assert "Thackeray" not in masked.text
    assert "Thackeray" in plain.text
    assert pdf.content.startswith(b"%PDF")
    assert entered(home, "export") == ["messages"] * 3
    assert (await Member(home, http, Role.ANALYST).get(f"/desk/conversations/{talk}/export.txt")).status_code == 403


async def test_search_finds_by_words_and_by_customer(home, http, talk):
    agent = Member(home, http, Role.AGENT)
    by_words = await agent.get("/desk/search?words=stolen+cars+somebody")
    by_stem = await agent.get("/desk/search?words=cars")
    by_phone = await agent.get("/desk/search?customer=%2B15550104477")
    unknown = await agent.get("/desk/search?customer=PA-0000001")

    assert talk not in by_words.text
    assert f"/desk/conversations/{talk}" in by_stem.text
    assert f"/desk/conversations/{talk}" in by_phone.text
    assert "Thackeray" not in by_stem.text
    assert "No customer is known by that" in unknown.text


async def test_a_next_page_comes_as_rows(home, http):
    now = utc_now()
    with home.store.session() as session:
        talks = [desk.a_talk(session, "flood", now=now - timedelta(hours=number)) for number in range(27)]
    agent = Member(home, http, Role.SUPERVISOR)

    first = await agent.get("/desk/search?words=flood")
    rest = await agent.get(f"/desk/search?words=flood&before={talks[24]}", **HTMX)

    assert [talk in first.text for talk in talks].count(True) == 25
    assert [number for number, talk in enumerate(talks) if f"/conversations/{talk}" in rest.text] == [25, 26]
    assert "<html" not in rest.text


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_conversation_says_how_each_of_its_marks_stands(home, http, talk, language):
    agent = Member(home, http, Role.AGENT, language, takes=talk)
    now = utc_now()
    with home.store.session() as session:
        said = transcripts.transcript(session, talk).entries[0].message.id
        mark = review.mark(session, talk, said, right_intent="coverage_question", by=agent.account.id, now=now)
        review.settle(session, mark.id, accepted=True, now=now)
    accepted = await agent.get(f"/desk/conversations/{talk}")
    with home.store.session() as session:
        review.written(session, mark.id)
    written = await agent.get(f"/desk/conversations/{talk}")

    assert TEXTS.get(language, "review.accepted") in accepted.text
    assert written.status_code == 200
    assert TEXTS.get(language, "review.written") in written.text


async def test_a_mark_goes_from_the_conversation_to_the_review(home, http, talk):
    agent, supervisor = Member(home, http, Role.AGENT), Member(home, http, Role.SUPERVISOR)
    with home.store.reading() as session:
        message = transcripts.transcript(session, talk).entries[0].message.id
    where = f"/desk/conversations/{talk}/messages/{message}"

    form = await agent.get(f"{where}/mark")
    marked = await agent.post(f"{where}/mark", right_intent="coverage_question")
    listed = await supervisor.get("/desk/review")

    assert 'value="coverage_question"' in form.text
    assert 'value="out_of_scope"' not in form.text, "that is what the bot thought"
    assert 'value="person_left"' not in form.text, "nobody says that"
    assert "Is it covered?" in marked.text
    assert "somebody stole my car" in listed.text
    with home.store.reading() as session:
        mark = review.marks(session)[0]
    settled = await supervisor.post(f"/desk/review/{mark.id}", verdict="accepted", right_intent="file_claim")
    assert "File a claim" in settled.text
    with home.store.reading() as session:
        assert [each.right_intent for each in review.marks(session, MarkState.ACCEPTED)] == ["file_claim"]


async def test_replies_are_added_changed_and_deleted(home, http):
    supervisor = Member(home, http, Role.SUPERVISOR)
    fields = {"shortcut": "hello", "language": "en", "title": "Greeting", "text": "Hello {given_name}"}
    added = await supervisor.post("/desk/canned", **fields)
    again = await supervisor.post("/desk/canned", **fields)

    assert (added.status_code, again.status_code) == (204, 409)
    with home.store.reading() as session:
        reply = canned_replies.list_replies(session)[0]
    await supervisor.post(f"/desk/canned/{reply.id}", **{**fields, "title": "Welcome"})
    assert "Welcome" in (await supervisor.get("/desk/canned")).text
    await supervisor.post(f"/desk/canned/{reply.id}/delete")
    assert "No replies yet" in (await supervisor.get("/desk/canned")).text


async def test_figures_show_what_happened_as_charts_tables_and_csv(home, http, talk):
    now = utc_now()
    with home.store.session() as session:
        employee = desk.an_employee(session, "Ada")
        desk.a_handoff(session, talk, employee=employee, reason="complaint", requested=now - timedelta(minutes=20))
        feedback.give(session, talk, score=4, now=now)
    analyst = Member(home, http, Role.ANALYST)
    page = await analyst.get("/desk/figures")
    table = await analyst.get("/desk/figures.csv")

    assert page.text.count('<svg class="chart"') == 8
    assert page.text.count("<table") >= 10
    assert "4.0 / 5" in page.text
    assert "Thackeray" not in page.text
    whole = dict(
        zip(*(line.split(",") for line in (table.text.splitlines()[0], table.text.splitlines()[-1])), strict=True)
    )
    assert (whole["part"], whole["conversations"], whole["handed_over"], whole["ratings_4"]) == ("whole", "1", "1", "1")


async def test_an_account_without_an_employee_is_not_told_that_it_may_take_customers(home, http):
    answer = await Member(home, http, Role.SUPERVISOR).get("/desk")

    assert "data-presence>" not in answer.text
    assert "data-presence " not in answer.text
    assert TEXTS.get("en", "queue.not_offered") not in answer.text


async def test_the_board_tells_who_waits_and_why(home, http, talk):
    with home.store.session() as session:
        handoffs.request(session, talk, reason="emergency", summary="", now=utc_now())
    supervisor = Member(home, http, Role.SUPERVISOR)

    board = await supervisor.get("/desk/board/now")

    assert "Emergency 1" in board.text
    assert "<html" not in board.text


def test_both_languages_have_the_same_words():
    english, chinese = (TEXTS._languages[language] for language in ("en", "zh"))
    assert set(english) == set(chinese)
