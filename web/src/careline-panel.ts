/** The second script: the conversation, with deep-chat and the socket. */

import { mountPanel } from "./panel/panel";

window.carelineParts = { ...window.carelineParts, mountPanel };
