"""Text is never a command; commands are only what the domain knows."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain

from bot.channel.commands import neutral, parse_command
from tests.bot import tiny

DOMAIN = Domain.from_yaml(tiny.DOMAIN)

# White space, controls, marks and format characters, slashes of every width, and what NFKC turns into a slash.
BEFORE = st.text(
    st.one_of(
        st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me", "Cn", "Co"]),
        st.sampled_from("/\\／＼⁄∕⧸\ufeff\u200b\u200e\u200f\u202e\u2060\u3000\u00a0\u180e\u115f\t\r\n\v\f\x00\x85"),
    ),
    max_size=12,
)
COMMANDS = st.sampled_from(
    ["/restart", "/goodbye", "/session_start", "/back", '/greet{"topic": "x"}', "/greet@0.9", "/unknown", "/", "//"]
)


def rasa_reads_a_command(text: str) -> bool:
    return UserMessage(text).text.strip().startswith("/")


@given(BEFORE, COMMANDS, st.text(max_size=20))
@example("\u3000", "/goodbye", "")
@example("\ufeff\u200f", "/restart", "\n/restart")
@example("／", "/restart", "")
def test_nothing_before_a_slash_makes_it_a_command(before, command, after):
    assert not rasa_reads_a_command(neutral(before + command + after))


@given(st.text(max_size=60))
def test_no_text_is_a_command(text):
    assert not rasa_reads_a_command(neutral(text))


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_text_that_says_something_still_does(text):
    assert bool(neutral(text)) == bool(text.strip())


@pytest.mark.parametrize("text", ["Is 1/2 covered?", "and/or", "我的保单 PA-1234567", "12/11/2026", "😀 hi"])
def test_ordinary_text_is_left_alone(text):
    assert neutral(text) == text


@given(st.text(st.characters(categories=["Cs"]), min_size=1, max_size=5))
def test_text_no_database_stores_is_replaced(surrogates):
    neutral("hello " + surrogates).encode()


def test_a_command_of_the_domain_is_read():
    command = parse_command('/lookup{"topic": ["theft", "fire"]}', DOMAIN)

    assert command.intent == "lookup"
    assert [(e["entity"], e["value"]) for e in command.parse_data["entities"]] == [
        ("topic", "theft"),
        ("topic", "fire"),
    ]


@pytest.mark.parametrize(
    "command",
    [
        "lookup",
        "/unknown",
        "/lookup{",
        "/lookup{}x",
        "/lookup[1]",
        '/lookup{"topic": 1',
        '/lookup{"not_an_entity": 1}',
        "/lookup /restart",
        "/lookup\n/restart",
        " /lookup",
        "//lookup",
        "/lookup@1.0",
        "/" + "[" * 100_000,
        '/lookup{"topic":' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_anything_else_is_no_command(command):
    assert parse_command(command, DOMAIN) is None


@given(
    st.text(max_size=40), st.recursive(st.none() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
)
def test_hostile_commands_raise_nothing(intent, value):
    parse_command("/" + intent, DOMAIN)
    parse_command(f"/lookup{json.dumps({'topic': value})}", DOMAIN)


@pytest.mark.parametrize("command", ["/restart", "/session_start", "/back"])
def test_rewinding_commands_are_marked(command):
    assert parse_command(command, DOMAIN).rewinds
