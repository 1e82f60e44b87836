/** Storage that never throws: private windows and blocked cookies make `localStorage` fail on access. */

export interface Store {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

function memory(): Store {
  const held = new Map<string, string>();
  return {
    get: (key) => held.get(key) ?? null,
    set: (key, value) => void held.set(key, value),
    remove: (key) => void held.delete(key),
  };
}

/** Wraps a Web Storage; falls back to memory when it is missing, full or forbidden. */
export function safeStore(open: () => Storage | undefined): Store {
  const spare = memory();
  const attempt = <T>(use: (storage: Storage) => T, fallback: () => T): T => {
    try {
      const storage = open();
      return storage ? use(storage) : fallback();
    } catch {
      return fallback();
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(key), () => null) ?? spare.get(key),
    set: (key, value) => attempt((storage) => storage.setItem(key, value), () => spare.set(key, value)),
    remove: (key) => {
      spare.remove(key);
      attempt((storage) => storage.removeItem(key), () => undefined);
    },
  };
}

/** A store whose keys carry a prefix, so that two servers on one page do not mix. */
export function scoped(store: Store, prefix: string): Store {
  return {
    get: (key) => store.get(prefix + key),
    set: (key, value) => store.set(prefix + key, value),
    remove: (key) => store.remove(prefix + key),
  };
}
