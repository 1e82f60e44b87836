"""`python -m bot.tracker_store`: brings stored conversations under the active data key while Rasa does not run."""

import json
import sys

from bot.settings import Settings, SettingsError
from bot.tracker_store.errors import TrackerStoreError
from bot.tracker_store.rotation import Place
from bot.tracker_store.rows import Rows
from vault import Vault, VaultError

_AT_ONCE = 2_000


def main() -> int:
    """One pass over all rows; prints a JSON line with what every batch renewed, the last one with what is left."""
    try:
        settings = Settings.from_env()
        rows = Rows(settings.tracker_url, Vault.load(settings.key_file))
        place: Place | None = Place()
        while place is not None:
            renewed = rows.renew(_AT_ONCE, place)
            print(json.dumps(renewed.as_json()), flush=True)
            place = renewed.next
        return 0
    except (SettingsError, TrackerStoreError, VaultError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
