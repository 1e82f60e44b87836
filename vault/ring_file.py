"""Where the ring lives: found by every process, made by the first, changed by one at a time."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vault.errors import KeyRingError
from vault.files import locked, read_private, replace_private
from vault.keys import ENVIRONMENT_VARIABLE, MasterKey, SecretKey, load_master_keys
from vault.ring import Ring, read_ring, utc_now, write_ring
from vault.transit import URL_VARIABLE
from vault.wrapping import KeyWrapper, load_wrappers

RING_VARIABLE = "CARELINE_KEY_RING"
_NAME = "key.ring"
_MADE = b"There was a ring beside this file.\n"

Stamp = tuple[int, int, int]


class RingFile:
    """The ring's file, the lock beside it, and the keepers that can unwrap it."""

    def __init__(self, path: Path, key_file: Path, environ: Mapping[str, str]) -> None:
        self.path = path
        self._key_file = key_file
        self._environ = environ
        self._lock = path.with_name(f"{path.name}.lock")

    @classmethod
    def beside(cls, key_file: Path, environ: Mapping[str, str] = os.environ) -> "RingFile":
        """The ring that `CARELINE_KEY_RING` names; else in the folder of the master key.

        A master key that `CARELINE_MASTER_KEY_FILE` keeps outside of `CARELINE_VAR` leaves the ring in there.
        """
        named = environ.get(RING_VARIABLE)
        if named:
            return cls(Path(named), key_file, environ)
        moved = environ.get("CARELINE_MASTER_KEY_FILE")
        folder = Path(environ.get("CARELINE_VAR") or "var") if moved and Path(moved) == key_file else key_file.parent
        return cls(folder / _NAME, key_file, environ)

    def stamp(self) -> Stamp | None:
        """Changes whenever the file is replaced; None while there is none. Costs one `stat`."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 -- on every session's path
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def load(self, known: Mapping[bytes, SecretKey] | None = None) -> Ring:
        """The ring; made on first use.

        Args:
            known: secrets by key id, which then need no keeper.

        Raises:
            MasterKeyError: no usable master key.
            KeyRingError: the file is damaged, readable by others, gone, or wrapped by somebody else.
        """
        if self.stamp() is None:
            self._make()
        text = read_private(self.path, KeyRingError)
        return read_ring(text, str(self.path), _Keepers(self.wrappers), known or {})

    def wrappers(self) -> list[KeyWrapper]:
        """The keepers, the one for new keys first."""
        return load_wrappers(self._key_file, self._environ)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the ring meanwhile."""
        with locked(self._lock):
            yield

    @contextmanager
    def rotating(self) -> Iterator[None]:
        """One rotation at a time. Raises `KeyRingError` while there is another."""
        try:
            with locked(self.path.with_name(f"{self.path.name}.rotating"), wait=False):
                yield
        except BlockingIOError:
            raise KeyRingError("Another process is rotating the keys: wait for it.") from None

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[None]:
        """Held together by those who keep sealed values for a while before they write them; `alone` waits for them."""
        with locked(self.path.with_name(f"{self.path.name}.writing"), shared=not alone):
            yield

    def change(self, step: Callable[[Ring, KeyWrapper], Ring]) -> Ring:
        """Write what `step` makes of the present ring and of the keeper for new keys; to be called within `locked`."""
        ring = self.load()
        changed = step(ring, self.wrappers()[0])
        if changed != ring:
            replace_private(self.path, write_ring(changed))
        return changed

    def _make(self) -> None:
        with locked(self._lock) as lock:
            if self.stamp() is not None:
                return
            if os.pread(lock, len(_MADE), 0) == _MADE:
                raise KeyRingError(
                    f"The key ring {self.path} is gone: restore it from its back-up. Without it nothing that was"
                    f" sealed opens. Only if nothing was sealed yet, delete {self._lock} too (docs/keys.md)."
                )
            former = self._former()
            replace_private(self.path, write_ring(Ring.new(self.wrappers()[0], former, utc_now())))
            os.pwrite(lock, _MADE, 0)
            os.fsync(lock)

    def _former(self) -> list[SecretKey]:
        """Master keys that were here before the ring: values may be sealed under them directly."""
        if self._environ.get(ENVIRONMENT_VARIABLE) or self._key_file.exists():
            return [SecretKey(master.secret) for master in load_master_keys(self._key_file, self._environ)]
        return []

    def rewrap(self) -> tuple[str, int]:
        """Wrap the ring anew: its keeper's name and how many data keys it keeps.

        With a master key in a file, that is a new master key, made here; between the steps the file holds both
        keys, so that a run that was killed is simply run again. A key server's or the environment's keys are
        changed by the operator: this wraps the ring under the first of them.

        Raises:
            KeyRingError: the environment holds no new master key to wrap the ring under.
        """
        self.load()
        with self.locked():
            if self._is_kept_elsewhere():
                ring = self._rewrap_under_first()
            else:
                masters = load_master_keys(self._key_file, {})
                pending = len(masters) > 1 and self.load().root.by != f"master:{masters[0].key_id.hex()}"
                fresh = masters[0] if pending else MasterKey.new()
                _write_keys(self._key_file, list({key.key_id: key for key in [fresh, *masters]}.values()))
                ring = self.change(lambda ring, wrapper: ring.rewrapped(wrapper))
                _write_keys(self._key_file, [fresh])
        return ring.root.by, len(ring.keys)

    def _is_kept_elsewhere(self) -> bool:
        return bool(self._environ.get(ENVIRONMENT_VARIABLE) or self._environ.get(URL_VARIABLE))

    def _rewrap_under_first(self) -> Ring:
        first = self.wrappers()[0].name
        if not self._environ.get(URL_VARIABLE) and {self.load().root.by} == {first}:
            raise KeyRingError(
                f"The ring is wrapped by {first} already. Put the new master key before it in {ENVIRONMENT_VARIABLE}"
                " (new,old) of every process, restart them, and run this again."
            )
        return self.change(lambda ring, wrapper: ring.rewrapped(wrapper))


class _Keepers(dict[str, KeyWrapper]):
    """Keepers by name, asked for only when a key has to be unwrapped."""

    def __init__(self, load: Callable[[], list[KeyWrapper]]) -> None:
        super().__init__()
        self._load = load

    def __contains__(self, name: object) -> bool:
        if not self:
            self.update((wrapper.name, wrapper) for wrapper in self._load())
        return super().__contains__(name)


def _write_keys(path: Path, keys: list[MasterKey]) -> None:
    replace_private(path, "\n".join(key.text for key in keys))
