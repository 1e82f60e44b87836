"""Schema migrations, shipped with the package; no alembic.ini is needed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to `revision`; does nothing when it is there already."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Bring the database back to an older `revision`; what only the newer one can hold is lost."""
    command.downgrade(_config(connection), revision)


def versions() -> list[str]:
    """All revisions this program knows, the oldest first."""
    scripts = ScriptDirectory(str(Path(__file__).parent))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def current(connection: Connection) -> str | None:
    """The revision a database is at; None for one without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def new_revision(connection: Connection, message: str) -> None:
    """Write a new migration from the difference between the models and the database."""
    command.revision(_config(connection), message, autogenerate=True)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
