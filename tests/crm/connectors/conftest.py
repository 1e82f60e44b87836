from collections.abc import Iterator
from pathlib import Path

import pytest

import crm.connectors
from crm.connectors import RestConnector
from crm.connectors.http import Caller
from tests.factories.described_server import DescribedServer, served

TOKEN = "a-token-of-the-tests"
DESCRIPTION = Path(crm.connectors.__file__).parent / "openapi.yml"


@pytest.fixture
def there() -> Iterator[DescribedServer]:
    """The insurer's system, made from the description."""
    with served(DescribedServer.of(DESCRIPTION, TOKEN)) as server:
        yield server
        assert server.faults == []


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited before each further try."""
    return []


@pytest.fixture
def connector(there: DescribedServer, pauses: list[float]) -> Iterator[RestConnector]:
    connector = RestConnector(there.url, TOKEN, Caller(there.url, TOKEN, pause=pauses.append))
    yield connector
    connector.close()
