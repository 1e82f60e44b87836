"""Pages, static files, health, readiness and metrics."""

import logging

import httpx
import pytest

from gateway.knowledge_pages import heading_id, render
from gateway.texts import Texts
from tests.gateway.harness import Served, house


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def http(home):
    async with httpx.AsyncClient(base_url=home.url) as client:
        yield client


def build_front_end(home) -> None:
    widget = home.settings.web_root / "widget"
    (widget / "demo").mkdir(parents=True)
    (home.settings.web_root / "index.html").write_text("<!doctype html><title>Demo</title>")
    (widget / "careline.js").write_text("1")
    (widget / "panel-a1B2c3D4.js").write_text("2")
    (home.settings.web_root / "demo").mkdir()
    (home.settings.web_root / "demo" / "demo.css").write_text("b {}")


def add_knowledge(home, text: str, slug: str = "cover") -> None:
    folder = home.settings.knowledge_root / "en"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{slug}.md").write_text(text)


async def test_without_a_build_the_start_page_says_what_to_do(http):
    answer = await http.get("/")
    assert answer.status_code == 503
    assert "npm" in answer.text


async def test_the_start_page_carries_security_headers_and_a_browser_cookie(home, http):
    build_front_end(home)
    answer = await http.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert "careline_browser=" in answer.headers["set-cookie"]
    assert "set-cookie" not in (await http.get("/")).headers


async def test_widget_files_are_cached_by_their_names_and_embeddable(home, http):
    build_front_end(home)
    launcher = await http.get("/widget/careline.js")
    assert launcher.headers["cache-control"] == "no-cache"
    assert launcher.headers["access-control-allow-origin"] == "*"
    assert launcher.headers["content-type"].startswith("text/javascript")
    assert "immutable" in (await http.get("/widget/panel-a1B2c3D4.js")).headers["cache-control"]
    assert (await http.get("/widget/demo/demo.css")).status_code == 200
    again = await http.get("/widget/careline.js", headers={"If-None-Match": launcher.headers["etag"]})
    assert again.status_code in (200, 304)


async def test_only_built_files_are_served(home, http):
    build_front_end(home)
    for path in ("/widget/none.js", "/widget/%2e%2e/careline.db", "/widget/..%2f..%2fmaster.key", "/widget/"):
        assert (await http.get(path)).status_code == 404


async def test_a_knowledge_file_is_a_page_with_linkable_sections(home, http):
    add_knowledge(home, "---\ntitle: Your cover\n---\n\n## What isn’t covered?\n\nWear & **tear**.\n")
    page = await http.get("/knowledge/en/cover")
    assert "<title>Your cover</title>" in page.text
    assert f'id="{heading_id("What isn’t covered?")}"' in page.text
    assert "<strong>tear</strong>" in page.text


async def test_an_edited_knowledge_file_shows_at_once(home, http):
    add_knowledge(home, "---\ntitle: Old\n---\n")
    assert "Old" in (await http.get("/knowledge/en/cover")).text
    add_knowledge(home, "---\ntitle: New and longer\n---\n")
    assert "New and longer" in (await http.get("/knowledge/en/cover")).text


@pytest.mark.parametrize(
    "path", ["en/none", "../en/cover", "en/..%2fcover", "EN/cover", "xx/cover", "en/%00", "en/a.b"]
)
async def test_other_knowledge_addresses_are_not_found(home, http, path):
    add_knowledge(home, "---\ntitle: A\n---\n")
    assert (await http.get(f"/knowledge/{path}")).status_code == 404


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("My car was stolen, what now?", "my-car-was-stolen-what-now"),
        ("What isn't covered?", "what-isnt-covered"),
        ("A & B_c (d)", "a-b-c-d"),
        ("理赔 需要什么？", "理赔-需要什么"),
    ],
)
def test_a_section_is_linked_to_as_answers_do(heading, anchor):
    assert heading_id(heading) == anchor
    assert f'id="{anchor}"' in render(f"## {heading}\n").html


def test_markup_in_knowledge_files_is_shown_and_not_run():
    page = render("---\ntitle: <b>x</b>\n---\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n")
    assert "<script" not in page.html
    assert "href" not in page.html


@pytest.mark.parametrize("source", ["", "---\n---", "---\ntitle: [\n---\n", "no front matter", "---\n- a\n---\n# x"])
def test_a_knowledge_file_without_a_proper_head_is_still_a_page(source):
    assert isinstance(render(source).title, str)


async def test_health_is_alive_whatever_else_is_down(tmp_path):
    async with house(tmp_path, bot_up=False) as home, httpx.AsyncClient(base_url=home.url) as http:
        assert (await http.get("/health")).json() == {"status": "ok"}


async def test_ready_when_bot_actions_and_store_answer(home, http):
    actions = await Served(AlwaysWell()).start()
    home.gateway.readiness._health = f"{actions.url}/health"
    answer = await http.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "calls": "off"})
    await actions.stop()


async def test_not_ready_says_what_is_missing(tmp_path):
    async with house(tmp_path, bot_up=False) as home, httpx.AsyncClient(base_url=home.url) as http:
        answer = await http.get("/ready")
        assert answer.status_code == 503
        assert set(answer.json()["reasons"]) == {"rasa", "actions"}


async def test_not_ready_while_the_bot_says_so(home, http):
    home.bot.ready = False
    assert (await http.get("/ready")).json()["reasons"]["rasa"] == "no model"


async def test_not_ready_without_a_store(home, http):
    home.gateway._store.engine.dispose()
    (home.settings.var / "careline.db").rename(home.settings.var / "gone.db")
    assert "store" in (await http.get("/ready")).json()["reasons"]


async def test_metrics_count_and_name_nobody(home, http):
    customer = await home.customer()
    await customer.say("my name is Unmistakable")
    await customer.hears(1)
    text = (await http.get("/metrics")).text
    assert 'careline_messages_total{channel="chat",sender="customer"} 1.0' in text
    assert "careline_open_sockets 1.0" in text
    assert "careline_turn_seconds_bucket" in text
    assert customer.session not in text
    assert "Unmistakable" not in text


async def test_no_message_text_reaches_a_log(home, caplog):
    caplog.set_level(logging.DEBUG)
    home.bot.status = 400
    customer = await home.customer()
    await customer.say("my name is Unmistakable")
    await customer.hears(1)
    home.bot.status = 200
    await customer.say("Unmistakable again")
    await customer.hears(2)
    ours = [r for r in caplog.records if not r.name.startswith(("aiosqlite", "asyncio", "websockets", "uvicorn"))]
    assert "Unmistakable" not in "".join(f"{record.getMessage()} {record.__dict__}" for record in ours)


async def test_cross_origin_requests_are_for_named_pages_only(tmp_path):
    async with (
        house(tmp_path, allowed_origins=("https://insurer.example",)) as home,
        httpx.AsyncClient(base_url=home.url) as http,
    ):
        for origin, allowed in (("https://insurer.example", True), ("https://evil.example", False)):
            head = {"Origin": origin, "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "X-Careline-Browser"}  # fmt: skip
            answer = await http.request("OPTIONS", "/chat/attachments", headers=head)
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


def test_every_refusal_has_a_text():
    texts = Texts()
    codes = ["too_long", "too_fast", "bad_message", "no_session", "bad_attachment", "too_large", "bad_type",
             "unavailable", "bad_origin", "not_found"]  # fmt: skip
    assert all(texts.get(language, f"errors.{code}") for code in codes for language in ("en", "zh"))


def test_a_regional_variety_uses_its_language_and_an_unknown_one_english():
    texts = Texts()
    assert texts.get("zh-CN", "errors.too_fast") == texts.get("zh", "errors.too_fast")
    assert texts.get("xx", "errors.too_fast") == texts.get("en", "errors.too_fast")


class AlwaysWell:
    """A server that is well."""

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            while True:
                event = await receive()
                await send({"type": event["type"] + ".complete"})
                if event["type"] == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"status": "ok"}'})
