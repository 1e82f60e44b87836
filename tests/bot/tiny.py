"""A model that trains in seconds, and the actions it calls: enough dialogue to try channel and store on."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
version: "3.1"
recipe: default.v1
language: en
assistant_id: tiny
pipeline:
  - name: KeywordIntentClassifier
policies:
  - name: RulePolicy
    core_fallback_action_name: action_default_fallback
"""

DOMAIN = """
version: "3.1"
session_config: {session_expiration_time: 0, carry_over_slots_to_new_session: true}
intents: [greet, lookup, report, inform, twice, quiet, start_again, attach_files, slow, chatty]
entities: [topic, day]
slots:
  language: {type: text, initial_value: en, mappings: [{type: custom}]}
  topic: {type: text, influence_conversation: true, mappings: [{type: from_entity, entity: topic}]}
  day: {type: text, mappings: [{type: from_text, conditions: [{active_loop: report_form, requested_slot: day}]}]}
  place: {type: text, mappings: [{type: from_text, conditions: [{active_loop: report_form, requested_slot: place}]}]}
forms:
  report_form:
    required_slots: [day, place]
actions: [action_lookup, action_slow]
responses:
  utter_label_locale: [{text: "en_US"}]
  utter_greet:
    - text: "Hello there."
      buttons: [{title: Look up, payload: /lookup}, {title: Again, payload: /restart}]
  utter_default: [{text: "I did not understand."}]
  utter_first: [{text: "First."}]
  utter_second: [{text: "Second.", image: "http://127.0.0.1/x.png", custom: {kind: source}}]
  utter_ask_day: [{text: "Which day?"}]
  utter_ask_place: [{text: "Where?"}]
  utter_done: [{text: "Reported {day} {place}."}]
  utter_restart: [{text: "From the beginning."}]
  utter_files: [{text: "Got the files."}]
"""

DATA = """
version: "3.1"
nlu:
  - {intent: greet, examples: "- hello\\n- goodmorning\\n"}
  - {intent: lookup, examples: "- find\\n- search\\n"}
  - {intent: report, examples: "- accident\\n- broken\\n"}
  - {intent: twice, examples: "- twice\\n- double\\n"}
  - {intent: quiet, examples: "- hush\\n- silence\\n"}
  - {intent: slow, examples: "- slowly\\n- patience\\n"}
  - {intent: chatty, examples: "- chatty\\n- gossip\\n"}
rules:
  - {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
  - {rule: lookup, steps: [{intent: lookup}, {action: action_lookup}]}
  - {rule: slow, steps: [{intent: slow}, {action: utter_first}, {action: action_slow}]}
  - {rule: twice, steps: [{intent: twice}, {action: utter_first}, {action: utter_second}]}
  - {rule: chatty, steps: [{intent: chatty}, {action: utter_first}, {action: action_lookup}]}
  - {rule: quiet, steps: [{intent: quiet}, {action: action_listen}]}
  - {rule: files, steps: [{intent: attach_files}, {action: utter_files}]}
  - {rule: report, steps: [{intent: report}, {action: report_form}, {active_loop: report_form}]}
  - rule: reported
    condition: [{active_loop: report_form}]
    steps: [{action: report_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_done}]
"""


def train(folder: Path) -> Path:
    """The path of a freshly trained model."""
    from rasa.model_training import train as rasa_train

    for name, content in (("config.yml", CONFIG), ("domain.yml", DOMAIN), ("data.yml", DATA)):
        (folder / name).write_text(content)
    paths = [str(folder / name) for name in ("domain.yml", "config.yml", "data.yml")]
    result = rasa_train(paths[0], paths[1], [paths[2]], output=str(folder), force_training=True)
    return Path(result.model)


class ActionServer:
    """Answers Rasa's action calls and remembers them.

    `action_lookup` says one sentence; `action_slow` waits until `release` is set.
    """

    def __init__(self) -> None:
        self.calls: list[dict] = []
        self.called = threading.Event()
        self.release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.calls.append(call)
                server.called.set()
                if call["next_action"] == "action_slow":
                    server.release.wait(60)
                found = f"Found for {call['tracker']['latest_message']['text']}."
                body = json.dumps({"events": [], "responses": [{"text": found}]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
