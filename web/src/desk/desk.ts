/** The staff desk's one script: htmx with its extension for server-sent events, and what pages need beside it. */
import "htmx.org";
import "htmx-ext-sse";
import "./desk.css";
import { startShell } from "./shell";
import { startTicking } from "./ticking";

startShell();
startTicking();
