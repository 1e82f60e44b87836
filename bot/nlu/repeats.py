"""How often each training sentence was said.

Rasa keeps one of several equal training sentences. What customers say most is then worth as much as what one of them
said once, and where people labelled the same words differently ("ok": 794 times one intent, 14 times another) both
intents weigh the same. With `keep` the one that is kept knows how many it stands for.
"""

from collections import Counter

from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

TIMES = "times_said"
"""Among a message's data, which take part in fingerprints and are copied where training data are merged."""

_drop_repeats = TrainingData.sanitize_examples


def keep() -> None:
    """Lets Rasa count what it drops; has to come before training data are read, and may come again."""
    TrainingData.sanitize_examples = staticmethod(_count_repeats)


def times_said(message: Message) -> int:
    """Returns how many equal training sentences a message stands for."""
    return int(message.get(TIMES, 1))


def _count_repeats(examples: list[Message]) -> list[Message]:
    _drop_repeats(examples)  # which also trims the names of intents, in place
    counts: Counter[Message] = Counter()
    for example in examples:
        counts[_said(example, 1)] += times_said(example)
    return [_said(example, times) for example, times in counts.items()]


def _said(message: Message, times: int) -> Message:
    """Returns a message that stands for so many; a copy where that changes it, as data sets share their messages."""
    if not (message.get(TEXT) and message.get(INTENT)) or times == times_said(message):
        return message
    data = {name: value for name, value in message.data.items() if name != TIMES}
    if times > 1:
        data[TIMES] = times
    return Message(data, set(message.output_properties), message.time, list(message.features))
