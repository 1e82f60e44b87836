/** The page's stream of server-sent events, for scripts: htmx hands events only to elements that ask for them. */

/** What an event carries; see gateway/desk/routes_events.py. */
export interface Told {
  now?: string;
  conversation?: string;
  who?: string;
  on?: boolean;
  sender?: string;
  seq?: number;
  at?: string;
  entries?: string;
}

const NAMES = ["hello", "message", "note", "typing", "handoff", "queue", "resync"] as const;
type Name = (typeof NAMES)[number];

const listeners = new Map<Name, ((told: Told) => void)[]>();
const known = new WeakSet<EventSource>();

export function onLive(name: Name, told: (told: Told) => void): void {
  listeners.set(name, [...(listeners.get(name) ?? []), told]);
}

export function startLive(): void {
  document.body.addEventListener("htmx:sseOpen", (event) => {
    const { source } = (event as CustomEvent<{ source: EventSource }>).detail;
    if (known.has(source)) return; // the browser came back by itself
    known.add(source);
    for (const name of NAMES) {
      source.addEventListener(name, (message: MessageEvent<string>) => {
        const data = JSON.parse(message.data || "{}") as Told;
        for (const told of listeners.get(name) ?? []) told(data);
      });
    }
  });
}
