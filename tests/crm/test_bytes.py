"""No byte of the database's files tells what a customer said or who they are, on either database."""

from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from crm.services import conversations
from tests.factories import crm as make

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
SECRETS = {
    "given_name": "Philippa-Quill",
    "family_name": "Vandersnoot",
    "email": "philippa.vandersnoot@example.com",
    "phone": "+15559871234",
}
SAID = "my tortoiseshell umbrella broke the windscreen 玳瑁伞砸碎了挡风玻璃"


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_byte_search_finds_nothing_personal(database, request):
    store = request.getfixturevalue(f"{database}_store")
    with store.session() as session:
        customer = make.a_customer(session, **SECRETS)
        number = make.a_policy(session, customer=customer).number
        opened = conversations.open_conversation(session, channel="chat", browser="b", language="en", now=NOW)
        conversations.add_customer_message(
            session, opened.id, message_id="m1", text=SAID, command=None, attachments=[], now=NOW
        )
    written = b"".join(path.read_bytes() for path in _files(store, database, request) if path.is_file())
    assert b"customers" in written  # the files are those of the store
    for value in [*SECRETS.values(), number, "tortoiseshell", "windscreen", "挡风玻璃"]:
        assert value.encode() not in written, value


def _files(store, database: str, request) -> list[Path]:
    """Everything that is on disk now, write-ahead logs among it."""
    if database == "sqlite":
        folder = Path(store.engine.url.database).parent
        return [path for path in folder.iterdir() if path.suffix.startswith(".db")]
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = connection.scalar(text("SHOW data_directory"))
    return list(Path(folder).rglob("*"))
