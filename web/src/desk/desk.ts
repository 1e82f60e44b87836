/** The staff desk's one script: htmx with its extension for server-sent events, and what pages need beside it. */
import "htmx.org";
import "htmx-ext-sse";
import { startCall } from "./call";
import { startConversation } from "./conversation";
import "./desk.css";
import { listenToKeys } from "./keys";
import { startLive } from "./live";
import { startMine } from "./mine";
import { offerNotifications } from "./notify";
import { startOffers } from "./offers";
import { holdWhilePressed } from "./pressed";
import { startQueue } from "./queue";
import { startShell } from "./shell";
import { offerSound } from "./sound";
import { startTicking } from "./ticking";

startLive();
startShell();
holdWhilePressed();
startTicking();
offerNotifications();
offerSound();
startOffers();
startMine();
startCall();
listenToKeys(startQueue(), startConversation());

// htmx binds its elements when the document has been read, and was told so before us: from here on everything answers.
document.addEventListener("DOMContentLoaded", () => (document.body.dataset["ready"] = "yes"));
