"""`python -m bot`: Rasa as a private process. Reads its settings from the environment, see `bot.settings`."""

import sys

from bot.settings import Settings, SettingsError


def main() -> int:
    """Runs until told to stop; 1 when it cannot start."""
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    # Only now: the environment that the server sets must stand before TensorFlow is imported.
    from bot.server import StartError, serve

    try:
        serve(settings)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
