"""A colleague's conversation is theirs alone, and nothing that is sent to the desk breaks it."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from crm.domain import Role
from crm.schema import AuditEntry, Customer
from crm.services import attachments, canned_replies, conversations, handoffs, notes, staff_sessions, tags
from gateway.clock import utc_now
from gateway.live.bus import of_conversation
from tests.factories import crm as make
from tests.factories import desk
from tests.factories import handoffs as make_handoffs
from tests.factories.staff import an_account
from tests.gateway.harness import house

HTMX = {"HX-Request": "true"}


class Member:
    """Somebody at the desk, logged in, with an employee of their own."""

    def __init__(self, home, http, name, role=Role.AGENT):
        now = utc_now()
        with home.store.session() as session:
            self.employee_id = make_handoffs.an_agent(session, now=now, name=name, capacity=9).id
            account = an_account(session, name.lower(), role=role, employee_id=self.employee_id)
            token = staff_sessions.start(
                session, account.id, method="password", address="192.0.2.1", browser="Test",
                now=now, lasts=timedelta(hours=1),
            )  # fmt: skip
        self.http = http
        self.headers = {"cookie": f"careline_staff={token}", "X-CSRF-Token": staff_sessions.csrf_of(token), **HTMX}

    async def ask(self, method, path, **options):
        return await self.http.request(method, path, headers=self.headers, **options)


class Talk:
    """A verified customer's conversation with a message and a file in it."""

    def __init__(self, home):
        now = utc_now()
        with home.store.session() as session:
            customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
            self.id = desk.a_talk(session, customer=customer, now=now)
            self.message = desk.says(session, self.id, "write to imogen@example.com", intent="out_of_scope", now=now)
            self.file = attachments.add(
                session, self.id, name="crash.pdf", media_type="application/pdf", content=b"%PDF-1.4 x", now=now
            ).id
            self.handoff = handoffs.request(session, self.id, reason="asked_for", summary="a crash", now=now).id
            canned_replies.seed(session, now=now)
            self.reply = canned_replies.save(
                session, shortcut="who", language="en", title="Who", text="Dear {customer_name}", by=1, now=now
            ).id
        self.home = home

    def goes_to(self, member):
        with self.home.store.session() as session:
            handoffs.take(session, self.handoff, member.employee_id, now=utc_now(), force=True)


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def http(home):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as client:
        yield client


@pytest.fixture
def theirs(home, http):
    """A conversation that Maria has."""
    talk = Talk(home)
    talk.goes_to(Member(home, http, "Maria"))
    return talk


IN_A_CONVERSATION = [
    ("GET", "", {}),
    ("GET", "/head", {}),
    ("GET", "/entries?after=0", {}),
    ("GET", "/summary", {}),
    ("GET", "/sidebar", {}),
    ("GET", "/suggestions", {}),
    ("GET", "/attachments/{file}", {}),
    ("GET", "/messages/{message}/mark", {}),
    ("GET", "/export.txt", {}),
    ("POST", "/say", {"message_id": "12345678-a", "text": "hello"}),
    ("POST", "/typing", {"on": "true"}),
    ("POST", "/notes", {"text": "hello"}),
    ("POST", "/messages/{message}/unmask", {"index": "0"}),
    ("POST", "/messages/{message}/mark", {"right_intent": "greet"}),
    ("POST", "/customer/name/unmask", {}),
    ("POST", "/canned/{reply}", {}),
    ("POST", "/tags", {"tag": "crash"}),
    ("POST", "/tags/remove", {"tag": "crash"}),
    ("POST", "/customer/callback", {"token": "desk-" + "0" * 24, "phone": "+15550104477"}),
    ("POST", "/customer/contact", {"token": "desk-" + "0" * 24, "phone": "+15550104477"}),
]


@pytest.mark.parametrize(("method", "path", "fields"), IN_A_CONVERSATION)
async def test_nobody_else_reads_or_acts_in_a_colleague_s_conversation(home, http, theirs, method, path, fields):
    where = path.format(file=theirs.file, message=theirs.message, reply=theirs.reply)
    nosy = Member(home, http, "Nosy")

    answer = await nosy.ask(method, f"/desk/conversations/{theirs.id}{where}", data=fields or None)

    assert answer.status_code in (403, 404, 409)
    assert not any(word in answer.text for word in ("Thackeray", "Imogen", "imogen@", "%PDF"))


@pytest.mark.parametrize("way", ["transfer", "give-back", "close"])
async def test_nobody_else_ends_or_passes_on_a_colleague_s_conversation(home, http, theirs, way):
    fields = {"to": "team:care", "disposition": "solved", "tag": "mischief"}

    answer = await Member(home, http, "Nosy").ask("POST", f"/desk/handoffs/{theirs.handoff}/{way}", data=fields)

    assert answer.status_code == 409
    with home.store.reading() as session:
        assert handoffs.get(session, theirs.handoff).state.is_with_person
        assert tags.of(session, theirs.id) == []


async def test_the_form_that_closes_a_conversation_tells_nobody_else_its_tags(home, http, theirs):
    with home.store.session() as session:
        tags.add(session, theirs.id, "total-loss", by=1, now=utc_now())

    answer = await Member(home, http, "Nosy").ask("GET", f"/desk/handoffs/{theirs.handoff}/close")

    assert answer.status_code == 403


async def test_nobody_else_types_to_a_colleague_s_customer(home, http, theirs):
    nosy = Member(home, http, "Nosy")
    async with home.gateway.bus.subscribe(of_conversation(theirs.id)) as events:
        await nosy.ask("POST", f"/desk/conversations/{theirs.id}/typing", data={"on": "true"})
        await home.gateway.bus.publish(of_conversation(theirs.id), {"kind": "end"})
        event = await anext(events)
    assert event.kind == "end"


async def test_a_supervisor_reads_along(home, http, theirs):
    boss = Member(home, http, "Boss", Role.SUPERVISOR)
    where = f"/desk/conversations/{theirs.id}"

    assert (await boss.ask("GET", f"{where}/head")).status_code == 200
    assert (await boss.ask("GET", f"{where}/attachments/{theirs.file}")).content.startswith(b"%PDF")
    assert "imogen@" in (await boss.ask("POST", f"{where}/messages/{theirs.message}/unmask", data={"index": "0"})).text


class Situation:
    """Ada is an agent; what she has to do with a customer's conversation."""

    def __init__(self, home, http):
        self.ada, self.bo = Member(home, http, "Ada"), Member(home, http, "Bo")
        self.boss = Member(home, http, "Boss", Role.SUPERVISOR)
        self.home, self.talk = home, Talk(home)

    def _close(self, member):
        with self.home.store.session() as session:
            handoffs.close(session, self.talk.handoff, member.employee_id, disposition="solved", now=utc_now())

    def waits(self):
        """Nobody has it yet."""

    def hers(self):
        self.talk.goes_to(self.ada)

    def a_colleague_s(self):
        self.talk.goes_to(self.bo)

    def was_hers(self):
        self.hers()
        self._close(self.ada)

    def was_hers_and_is_a_colleague_s(self):
        self.was_hers()
        with self.home.store.session() as session:
            view = handoffs.request(session, self.talk.id, reason="asked_for", summary="again", now=utc_now())
            handoffs.take(session, view.id, self.bo.employee_id, now=utc_now(), force=True)

    def was_a_colleague_s(self):
        self.a_colleague_s()
        self._close(self.bo)

    def was_a_colleague_s_and_the_customer_is_hers(self):
        self.was_a_colleague_s()
        now = utc_now()
        with self.home.store.session() as session:
            customer_id = conversations.get_conversation(session, self.talk.id).customer_id
            other = desk.a_talk(session, customer=session.get_one(Customer, customer_id), now=now)
            view = handoffs.request(session, other, reason="asked_for", summary="", now=now)
            handoffs.take(session, view.id, self.ada.employee_id, now=now, force=True)


# What Ada may with a conversation: read it, find it, act for its customer. Her supervisor may always.
MAY = {
    "waits": (True, True, False),
    "hers": (True, True, True),
    "a_colleague_s": (False, False, False),
    "was_hers": (True, True, False),
    "was_hers_and_is_a_colleague_s": (False, False, False),
    "was_a_colleague_s": (False, False, False),
    "was_a_colleague_s_and_the_customer_is_hers": (True, True, False),
}


@pytest.mark.parametrize("where", ["/desk", "/api/v1"])
@pytest.mark.parametrize("situation", MAY)
async def test_who_may_read_find_and_act(home, http, situation, where):
    case = Situation(home, http)
    getattr(case, situation)()

    async def may(member):
        talk = f"{where}/conversations/{case.talk.id}"
        read = await member.ask("GET", f"{talk}/summary")
        found = await member.ask("GET", f"{where}/search", params={"words": "imogen@example.com"})
        phone, token = "+15550104477", "desk-" + "0" * 24
        acted = (
            await member.ask("POST", f"{talk}/customer/callback", data={"token": token, "phone": phone})
            if where == "/desk"
            else await member.ask("POST", f"{talk}/customer/callbacks", json={"message_id": token, "phone": phone})
        )
        return read.status_code == 200, case.talk.id in found.text, acted.status_code != 403

    assert (await may(case.ada), await may(case.boss)) == (MAY[situation], (True, True, True))


async def test_what_may_be_done_for_the_customer_is_shown_to_who_may(home, http):
    case = Situation(home, http)
    side = f"/desk/conversations/{case.talk.id}/sidebar"
    assert "customer/callback" not in (await case.ada.ask("GET", side)).text
    case.hers()
    assert "customer/callback" in (await case.ada.ask("GET", side)).text


async def test_words_in_brackets_that_look_like_something_masked_are_shown_as_they_are(home, http):
    talk = Talk(home)
    with home.store.session() as session:
        desk.says(session, talk.id, "see [HELLO] and [CLAIM_X 1234]", now=utc_now())

    answer = await Member(home, http, "Maria").ask("GET", f"/desk/conversations/{talk.id}")

    assert answer.status_code == 200
    assert "[HELLO]" in answer.text


MARKUP = "<img src=x onerror=alert(1)>\"'{{7*7}}"


@pytest.mark.parametrize("path", ["", "/entries?after=0", "/summary", "/sidebar"])
async def test_what_a_customer_writes_is_text(home, http, path):
    talk = Talk(home)
    with home.store.session() as session:
        desk.says(session, talk.id, MARKUP, intent="out_of_scope", now=utc_now())
        file = attachments.add(
            session, talk.id, name=MARKUP, media_type="application/pdf", content=b"%PDF-1.4", now=utc_now()
        )
        handoffs.request(session, talk.id, reason="asked_for", summary=MARKUP, now=utc_now())
        assert file.name == MARKUP
    maria = Member(home, http, "Maria")

    for where in (f"/desk/conversations/{talk.id}{path}", "/desk/queue"):
        answer = await maria.ask("GET", where)
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text


@pytest.mark.parametrize("kind", ["txt", "json"])
async def test_a_masked_copy_hides_what_is_personal_in_notes_too(home, http, kind):
    talk = Talk(home)
    with home.store.session() as session:
        account = an_account(session, "boss", name="Boss")
        notes.add(session, talk.id, author_id=account.id, text="Imogen Thackeray wants a call", now=utc_now())
    maria, where = Member(home, http, "Maria"), f"/desk/conversations/{talk.id}/export.{kind}"

    masked, plain = await maria.ask("GET", where), await maria.ask("GET", f"{where}?plain=1")

    assert "[NAME] wants a call" in masked.text
    assert "Thackeray" not in masked.text
    assert "Imogen Thackeray wants a call" in plain.text


async def test_a_card_number_in_a_note_is_never_kept(home, http):
    talk, maria = Talk(home), Member(home, http, "Maria")
    talk.goes_to(maria)

    await maria.ask("POST", f"/desk/conversations/{talk.id}/notes", data={"text": "card 4111 1111 1111 1111"})

    with home.store.reading() as session:
        (note,) = notes.list_notes(session, talk.id)
    assert "4111 1111 1111" not in note.text


async def test_a_file_of_one_s_own_customer_is_taken(home, http):
    talk, maria = Talk(home), Member(home, http, "Maria")
    talk.goes_to(maria)
    where, pdf = f"/desk/conversations/{talk.id}/attachments", b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n"

    taken = await maria.ask("POST", where, files={"file": ("report.pdf", pdf)})
    svg = await maria.ask("POST", where, files={"file": ("x.svg", b"<svg onload='alert(1)'/>")})
    nothing = await maria.ask("POST", where, data={"file": "words"})

    assert taken.status_code == 200
    assert (await maria.ask("GET", f"{where}/{taken.json()['id']}")).headers["content-disposition"].startswith("att")
    assert (svg.status_code, nothing.status_code) == (422, 422)


async def test_the_name_that_a_kept_reply_fills_in_is_entered(home, http):
    talk, maria = Talk(home), Member(home, http, "Maria")

    answer = await maria.ask("POST", f"/desk/conversations/{talk.id}/canned/{talk.reply}")

    assert answer.json() == {"text": "Dear Imogen Thackeray"}
    with home.store.reading() as session:
        assert ("read", "customers") in {(row.verb, row.area) for row in session.scalars(select(AuditEntry))}


@pytest.mark.parametrize("where", ["messages/{message}/mark", "review"])
async def test_a_mark_names_an_intent_that_the_bot_has(home, http, where):
    talk, boss = Talk(home), Member(home, http, "Boss", Role.SUPERVISOR)
    path = f"/desk/conversations/{talk.id}/messages/{talk.message}/mark"
    wrong = {"right_intent": "x\n- intent: greet", "verdict": "accepted"}

    if where == "review":
        assert (await boss.ask("POST", path, data={"right_intent": "greet"})).status_code == 200
        path = "/desk/review/1"

    assert (await boss.ask("POST", path, data=wrong)).status_code == 422


@pytest.mark.parametrize("path", ["canned/{reply}", "head", "sidebar", "nothing-of-the-kind"])
async def test_no_browser_keeps_what_the_desk_answers(home, http, path):
    talk = Talk(home)
    method = "POST" if path.startswith("canned") else "GET"
    where = f"/desk/conversations/{talk.id}/{path.format(reply=talk.reply)}"

    assert (await Member(home, http, "Maria").ask(method, where)).headers["cache-control"] == "no-store"


HUGE = "9" * 40


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", f"/desk/conversations/x/entries?after={HUGE}", {}),
        ("GET", f"/desk/search?employee={HUGE}", {}),
        ("GET", "/desk/search?until=9999-12-31", {}),
        ("GET", "/desk/search?words=a&before=%00", {}),
        ("GET", f"/desk/search?words={'a%20' * 5000}", {}),
        ("GET", "/desk/figures?day=9999-12-31", {}),
        ("GET", "/desk/figures?day=0001-01-01", {}),
        ("GET", f"/desk/handoffs/{HUGE}/close", {}),
        ("POST", f"/desk/handoffs/{HUGE}/take", {}),
        ("POST", "/desk/handoffs/1/transfer", {"to": "employee:²"}),
        ("POST", "/desk/handoffs/1/transfer", {"to": f"employee:{HUGE}"}),
        ("POST", "/desk/handoffs/1/transfer", {"to": "employee:" + "9" * 5000}),
        ("POST", f"/desk/review/{HUGE}", {"verdict": "accepted"}),
        ("POST", f"/desk/canned/{HUGE}/delete", {}),
    ],
)
async def test_values_that_cannot_be_are_refused(home, http, theirs, method, path, fields):
    answer = await Member(home, http, "Boss", Role.SUPERVISOR).ask(method, path, data=fields or None)

    assert answer.status_code < 500


@pytest.mark.parametrize("path", ["/desk/login", "/desk/handoffs/1/take"])
async def test_a_form_that_is_too_large_is_not_taken_in_whoever_sends_it(home, http, path):
    answer = await http.post(path, files={"file": ("a.bin", b"x" * 300_000)})

    assert answer.status_code == 413


async def test_a_file_that_is_too_large_is_refused_in_words(tmp_path):
    async with house(tmp_path, upload_bytes=1_000) as home, httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        talk, maria = Talk(home), Member(home, http, "Maria")
        talk.goes_to(maria)
        where = f"/desk/conversations/{talk.id}/attachments"

        for size in (1_001, 100_000, 300_000):
            answer = await maria.ask("POST", where, files={"file": ("a.pdf", b"x" * size)})
            assert answer.status_code in (413, 422)


async def test_a_copy_is_entered_once(home, http):
    talk = Talk(home)
    await Member(home, http, "Maria").ask("GET", f"/desk/conversations/{talk.id}/export.txt")

    with home.store.reading() as session:
        verbs = [entry.verb for entry in session.scalars(select(AuditEntry))]
    assert verbs.count("export") == 1


async def test_a_copy_by_the_api_is_made_and_entered_alike(home, http):
    talk, maria = Talk(home), Member(home, http, "Maria")

    answer = await maria.ask("GET", f"/api/v1/conversations/{talk.id}/export.txt")

    assert (answer.status_code, "imogen@" in answer.text) == (200, False)
    with home.store.reading() as session:
        assert [entry.verb for entry in session.scalars(select(AuditEntry))].count("export") == 1
