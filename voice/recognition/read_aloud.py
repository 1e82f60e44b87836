"""A process that turns words (a line each on standard input) into ARPABET phonemes, by espeak-ng's rules.

espeak-ng is under the GPL: it is loaded here and nowhere near the rest, and talks to it in lines of text.
"""

import ctypes
import sys

import espeakng_loader

from voice.errors import EngineUnavailable

_SYNCHRONOUS, _UTF8, _IPA, _SEPARATED = 2, 1, 0x02, ord("_") << 8
_ARPABET = {
    "iː": "IY", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "ɛ": "EH", "æ": "AE", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "a": "AA",
    "ɑː": "AA", "ɑ": "AA", "ɒ": "AA", "ɔː": "AO", "ɔ": "AO", "ʊ": "UH", "uː": "UW", "u": "UW", "ɜː": "ER", "ɚ": "ER",
    "eɪ": "EY", "aɪ": "AY", "ɔɪ": "OY", "oʊ": "OW", "aʊ": "AW", "iə": "IY AH", "əl": "AH L", "n̩": "AH N",
    "ɑːɹ": "AA R", "ɔːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R", "aɪɚ": "AY ER", "aɪə": "AY AH",
    "oːɹ": "AO R",
    "b": "B", "d": "D", "f": "F", "ɡ": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "ŋ": "NG",
    "p": "P", "ɹ": "R", "r": "R", "s": "S", "t": "T", "ɾ": "T", "v": "V", "w": "W", "x": "K", "z": "Z", "ʃ": "SH",
    "ʒ": "ZH", "θ": "TH", "ð": "DH", "dʒ": "JH", "tʃ": "CH",
}  # fmt: skip


class Reader:
    """espeak-ng's American voice, as far as its phonemes."""

    def __init__(self) -> None:
        data = espeakng_loader.get_data_path()
        try:
            self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        except OSError as error:
            raise EngineUnavailable(f"The library of the package espeakng-loader cannot be loaded: {error}") from error
        if self._library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), 0) < 0:
            raise EngineUnavailable("espeak-ng cannot be started: is the package espeakng-loader whole?")
        self._library.espeak_SetVoiceByName(b"en-us")
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def phonemes(self, word: str) -> str:
        """In ARPABET, stress and what has no counterpart left out."""
        text = ctypes.c_char_p(word.encode())
        found = self._library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA | _SEPARATED) or b""
        plain = found.decode().replace("ˈ", "").replace("ˌ", "")
        return " ".join(_ARPABET[symbol] for symbol in plain.split("_") if symbol in _ARPABET)


def main() -> None:
    """Read words, write each with its phonemes."""
    reader = Reader()
    for line in sys.stdin:
        word = line.strip()
        sys.stdout.write(f"{word} {reader.phonemes(word)}\n")


if __name__ == "__main__":
    main()
