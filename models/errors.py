"""What can go wrong with a table or a model; every message says what to do."""


class ModelsError(Exception):
    """Base of all errors of this package."""


class TableError(ModelsError):
    """A file cannot be read as a table."""


class TargetError(ModelsError):
    """The target column cannot be learned from."""


class ArtefactError(ModelsError):
    """A saved model is missing, altered, or does not fit the table."""
