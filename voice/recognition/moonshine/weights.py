"""Where the network's weights are: in the wheel of `moonshine-voice` (MIT licence).

The package itself is never imported: it wants a sound card's library. Nothing else is needed here, so that whoever
starts the calls can ask before a worker does.
"""

from importlib.util import find_spec
from pathlib import Path

from voice.errors import EngineUnavailable

ENCODER, DECODER, VOCABULARY = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"


def weights() -> Path:
    """The folder of the network's files.

    Raises:
        EngineUnavailable: the package is missing, or came without them.
    """
    found = find_spec("moonshine_voice")
    if found is None or found.origin is None:
        raise EngineUnavailable(
            "The recogniser `moonshine` needs the package moonshine-voice, which this machine cannot install or has"
            ' not: run `make setup`, or set CARELINE_VOICE_RECOGNISERS=\'{"en": "sphinx"}\'.'
        )
    folder = Path(found.origin).parent / "assets" / "tiny-en"
    missing = [name for name in (ENCODER, DECODER, VOCABULARY) if not (folder / name).exists()]
    if missing:
        raise EngineUnavailable(f"The package moonshine-voice came without {', '.join(missing)}: version 0.1.0 has it.")
    return folder
