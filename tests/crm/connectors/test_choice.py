import pytest
from pydantic import ValidationError

from crm.connectors import ConnectorSettings, LocalConnector, RestConnector, connector_of


def settings(monkeypatch, **values) -> ConnectorSettings:
    for name in ("CRM", "CRM_URL", "CRM_TOKEN", "CRM_TOKEN_FILE"):
        monkeypatch.delenv(f"CARELINE_{name}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"CARELINE_{name.upper()}", str(value))
    return ConnectorSettings()


def test_our_own_store_unless_something_else_is_said(monkeypatch):
    assert isinstance(connector_of(settings(monkeypatch)), LocalConnector)


def test_another_system_by_its_address(monkeypatch):
    chosen = settings(monkeypatch, crm="rest", crm_url="https://crm.example/api", crm_token="t")
    assert isinstance(connector_of(chosen), RestConnector)


def test_the_token_may_be_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("from a file\n")
    chosen = settings(monkeypatch, crm="rest", crm_url="http://127.0.0.1:8080", crm_token_file=tmp_path / "token")
    assert chosen.token == "from a file"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"crm": "rest", "crm_token": "t"}, "CARELINE_CRM_URL"),
        ({"crm": "rest", "crm_url": "http://crm.example", "crm_token": "t"}, "https://"),
        ({"crm": "rest", "crm_url": "https://crm.example"}, "CARELINE_CRM_TOKEN"),
        ({"crm": "soap"}, "local"),
    ],
)
def test_what_is_missing_is_said(monkeypatch, values, message):
    with pytest.raises(ValidationError, match=message):
        settings(monkeypatch, **values)


def test_the_token_is_not_shown(monkeypatch):
    chosen = settings(monkeypatch, crm="rest", crm_url="https://crm.example", crm_token="hush")
    assert "hush" not in repr(chosen)
