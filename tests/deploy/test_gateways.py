"""Several gateways on one machine: their ports, and what they need to hear of each other."""

import pytest

from deploy.local.settings import Settings, SetUpError

REDIS = {"CARELINE_LIVE_URL": "redis://127.0.0.1:6379"}


def test_one_gateway_needs_nothing():
    assert list(Settings.read({}).gateway_ports) == [8000]


@pytest.mark.parametrize("means", [REDIS, {"CARELINE_DATABASE_URL": "postgresql+psycopg://careline@db/careline"}])
def test_several_have_consecutive_ports(means):
    environ = {"CARELINE_GATEWAYS": "3", "CARELINE_PORT": "9000", **means}
    assert list(Settings.read(environ).gateway_ports) == [9000, 9001, 9002]


def test_several_have_to_hear_of_each_other():
    with pytest.raises(SetUpError, match="CARELINE_LIVE_URL"):
        Settings.read({"CARELINE_GATEWAYS": "2"})
