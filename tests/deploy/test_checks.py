import socket
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import checks
from deploy.local.settings import Settings, SetUpError


def make_settings(**changes):
    return replace(Settings.read({}), **changes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetUpError, match=rf"Port {port} .*CARELINE_PORT=\d+ make run"):
            checks.check_ports(make_settings(port=port))


def test_free_ports_pass():
    checks.check_ports(make_settings(port=free_port(), rasa_port=free_port(), actions_port=free_port()))


def test_too_little_room_says_how_much_is_needed(monkeypatch, tmp_path):
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2 * checks.GIGABYTE}))
    with pytest.raises(SetUpError, match=r"2\.0 GB are free .* 8\.0 GB are needed"):
        checks.check_disk(tmp_path)


def test_a_setting_that_is_no_number_is_refused():
    with pytest.raises(SetUpError, match="CARELINE_PORT is 'eight'"):
        Settings.read({"CARELINE_PORT": "eight"})


def test_every_rasa_process_has_a_port_and_a_url():
    settings = Settings.read({"CARELINE_RASA_PROCESSES": "2", "CARELINE_RASA_PORT": "7000"})
    assert list(settings.rasa_ports) == [7000, 7001]
    assert settings.process_environment()["CARELINE_RASA_URLS"] == "http://127.0.0.1:7000,http://127.0.0.1:7001"


def test_a_relative_var_folder_is_below_the_checkout():
    assert Path(Settings.read({"CARELINE_VAR": "elsewhere"}).var).is_absolute()
