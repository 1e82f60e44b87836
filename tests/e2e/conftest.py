"""The stacks that end-to-end tests share: one ordinary, one without rate limits for hammering."""

import pytest

from tests.browser import launched
from tests.e2e.stack import Stack

UNLIMITED = {
    "CARELINE_SESSION_RATE": "1e6",
    "CARELINE_SESSION_BURST": "1e6",
    "CARELINE_ADDRESS_RATE": "1e6",
    "CARELINE_ADDRESS_BURST": "1e6",
    "CARELINE_UPLOAD_RATE": "1e6",
    "CARELINE_UPLOAD_BURST": "1e6",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("stack") / "var", **UNLIMITED) as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    with launched() as chromium:
        yield chromium
