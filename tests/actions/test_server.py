"""The dialogue and the action server know the same actions."""

from pathlib import Path

import yaml

from actions.server import ACTIONS

DOMAIN = yaml.safe_load((Path(__file__).parents[2] / "domain.yml").read_text("utf-8"))


def test_every_action_of_the_domain_is_served():
    assert {action.action for action in ACTIONS} == set(DOMAIN["actions"])


def test_every_slot_an_action_sets_exists():
    slots = set(DOMAIN["slots"])
    assert {slot for action in ACTIONS for slot in action.keeps} <= slots
