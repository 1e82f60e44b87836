/** What travels between browser and server: Rasa's event names, and ours beside them. */

export type Sender = "customer" | "bot" | "agent" | "system";

export interface QuickReply {
  title: string;
  payload: string;
}

/** A file the customer sent, or a document the assistant hands over. `size` is in bytes. */
export interface Attachment {
  id: string;
  name: string;
  media_type: string;
  size?: number;
}

/** Rasa's own attachment form: an image or video by address. */
export interface RasaAttachment {
  type?: string;
  payload?: { src?: string; title?: string };
}

/** Structured content beside a text. `kind` decides how it is drawn; unknown kinds are ignored. */
export interface Data {
  kind?: string;
  [key: string]: unknown;
}

/** One message as the server tells it, in history or live. `seq` counts 1, 2, … without gaps. */
export interface ServerMessage {
  id?: string;
  seq?: number;
  sender?: Sender;
  text?: string | null;
  quick_replies?: QuickReply[] | null;
  attachments?: Attachment[] | null;
  attachment?: Attachment | RasaAttachment | string | null;
  data?: Data | Data[] | null;
  agent?: string | { name?: string } | null;
  ts?: string | number | null;
  session_id?: string;
}

export interface History {
  session_id: string;
  /** The language the conversation is held in. */
  language?: string;
  messages: ServerMessage[];
}

/** How it stands between the customer and a person. `minutes` is an estimate; `open` tells whether anybody is there. */
export interface HandoffState {
  state: string;
  position?: number;
  minutes?: number;
  open?: boolean;
  /** Everybody who is there takes no new customers just now. */
  busy?: boolean;
  agent?: { name?: string };
  /** It is over, and nobody has been asked yet how it was. */
  rate?: boolean;
}

/** Who is preparing an answer. */
export type Typist = "bot" | "agent";

/** The server's answer to `user_uttered`. */
export type Acknowledgement =
  | { ok: true; message_id: string; seq?: number }
  | { ok: false; error: { code: string; message?: string } };

export type Delivery = "sending" | "stored" | "failed";

/** A message as the widget holds it. `at` is milliseconds since the epoch. */
export interface Message {
  id: string;
  seq?: number;
  sender: Sender;
  text: string;
  quickReplies: QuickReply[];
  attachments: Attachment[];
  attachment?: Attachment | RasaAttachment | string;
  data: Data[];
  agent?: string;
  at: number;
  delivery: Delivery;
  /** Why a message could not be delivered: a code of the contract, translated by the view. */
  error?: { code: string; message?: string };
}

/** What waits to be sent. `payload` is what the server gets; `text` is what the customer sees. */
export interface Outgoing {
  id: string;
  payload: string;
  text: string;
  attachments: Attachment[];
  at: number;
}

export type Connection = "idle" | "connecting" | "online" | "reconnecting";
