"""Tables from other systems into the store, and out of it again."""

from crm.importing.jobs import Job
from crm.importing.mapping import Mapping, load
from crm.importing.run import Options, import_file

__all__ = ["Job", "Mapping", "Options", "import_file", "load"]
