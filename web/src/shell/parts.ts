import type { Language, Translate } from "../locale";

/** What the panel may ask of the frame around it. */
export interface PanelHost {
  server: string;
  /** The language of the widget's own words at the moment; `t` speaks it, too. */
  readonly language: Language;
  t: Translate;
  /** Where the conversation is drawn. */
  body: HTMLElement;
  /** Shows a line under the title and tells screen readers; an empty text takes it away. */
  showState(text: string): void;
  /** Tells screen readers a text once, without moving the focus. */
  announce(text: string): void;
  /** The conversation is held in this language; the widget's own words follow it if there are any. `changed` tells that it has just become so. */
  conversationIn(code: string, changed: boolean): void;
  /** Something arrived while the panel was closed. */
  unread(): void;
}

export interface Panel {
  focus(): void;
  /** The panel became visible or was hidden. */
  shown(visible: boolean): void;
  /** The widget speaks another language from now on. */
  relabel(): void;
  unmount(): void;
}

export type MountPanel = (host: PanelHost) => Panel;

declare global {
  interface Window {
    carelineParts?: { mountPanel?: MountPanel };
  }
}

let loading: Promise<MountPanel> | undefined;

/**
 * Fetches the second script, once for the page.
 *
 * Rejects when it cannot be had; the next call tries again. A nonce of the embedding script is handed on.
 */
export function loadPanel(address: string, nonce: string): Promise<MountPanel> {
  loading ??= new Promise<MountPanel>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.async = true;
    if (nonce) script.nonce = nonce;
    script.onload = () => {
      const mount = window.carelineParts?.mountPanel;
      if (mount) resolve(mount);
      else reject(new Error(`${address} is not the panel of Careline`));
    };
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error(`${address} could not be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}
