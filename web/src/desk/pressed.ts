/**
 * A part of the page that is renewed under a pressed pointer would lose the click: the button that was pressed is not
 * the one that is let go. What comes meanwhile is fetched when the pointer is let go.
 */
import htmx from "htmx.org";

type Swap = {
  target: Element;
  elt: Element;
  shouldSwap: boolean;
  requestConfig: { verb: string; path: string };
};

export function holdWhilePressed(): void {
  let pressed: Element | null = null;
  const late = new Map<Element, Swap>(); // by what it would have replaced; the newest counts
  const release = () => {
    if (!pressed) return;
    pressed = null;
    // The click comes first.
    setTimeout(() => {
      for (const [target, { elt, requestConfig }] of late) {
        void htmx.ajax("get", requestConfig.path, { source: elt, target: target as HTMLElement });
      }
      late.clear();
    });
  };
  window.addEventListener("pointerdown", (event) => (pressed = event.target as Element), true);
  for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, release, true);
  // It was let go where nobody told us: outside the window.
  window.addEventListener("pointermove", (event) => event.buttons === 0 && release(), true);
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<Swap>;
    if (!pressed || detail.requestConfig.verb !== "get" || !detail.target.contains(pressed)) return;
    detail.shouldSwap = false;
    late.set(detail.target, detail);
  });
}
