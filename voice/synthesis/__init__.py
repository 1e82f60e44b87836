"""Speech from text: one engine in spawned workers, a cache of phrases, one `Mouth` for all calls."""

from voice.synthesis.mouth import SpeakingMouth, open_mouth

__all__ = ["SpeakingMouth", "open_mouth"]
