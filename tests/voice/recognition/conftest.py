"""What the recognisers of calls read, made once."""

import fcntl
import os
from pathlib import Path

import pytest

from voice.recognition.moonshine.decoding import MoonshineModels
from voice.recognition.training import train


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """The folder of models made from the assistant's training sentences: by one of the processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "recogniser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        folder = shared / "recogniser"
        return folder if folder.exists() else train(folder)


@pytest.fixture(scope="session")
def models(model) -> MoonshineModels:
    """The network, and the words it is weighed with."""
    return MoonshineModels(str(model))
