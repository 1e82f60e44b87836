"""One customer's claim, told step by step, with a question in the middle and an answer corrected."""

import io

from PIL import Image

from tests.e2e.chat import Customer, Turn
from tests.e2e.stack import DemoCustomer

FILENAME = "dented-door-oakfield.jpg"
WHAT = "a silver camper reversed into my passenger door and drove off"
PLACE = "car park behind the Oakfield garden centre"
OTHERS = "only saw the letters KZW on the plate"

# A step is what the customer types, or a button's payload in angle brackets, or <photo>.
CLAIM = [
    "hello",
    "I want to file a claim for my car",
    "no, everyone is fine",
    "{policy}",
    "what is a deductible?",
    "{born}",
    WHAT,
    "last Tuesday around noon",
    "no, it was the 12th",
    PLACE,
    "yes",
    OTHERS,
    "yes",
    "no",
    "<photo>",
    "that's all",
    "yes",
]


def photo() -> bytes:
    """A small JPEG."""
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((320, 200)).save(picture, "JPEG")
    return picture.getvalue()


def say_step(customer: Customer, who: DemoCustomer, step: str, before: Turn | None) -> Turn:
    """Say one step; a button is pressed by the part of its payload that the step names."""
    step = step.format(policy=who.policy_number, born=who.birth_date)
    if step == "<photo>":
        return customer.say("", attachments=[customer.upload(FILENAME, photo())])
    if step.startswith("<"):
        payloads = [payload for payload in before.buttons.values() if step.strip("<>") in payload]
        assert payloads, f"no button for {step} in: {before.text}"
        return customer.say(payloads[0])
    return customer.say(step)
