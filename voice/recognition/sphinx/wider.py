"""A telephone's sound with something in the band that telephones cut off, where the acoustic model listens too.

Above 4 kHz the model was trained on speech; silence there is unlike any phone. What lies below 4 kHz, mirrored at it
and made fainter, is nearer to what was cut off: fricatives are loud on both sides of 4 kHz, vowels are on neither.

Source: Makhoul and Berouti, High-frequency regeneration in speech coding systems (ICASSP 1979), spectral folding.
"""

from voice.audio import Resampler

_MIRRORED = 0.3  # of the amplitude; chosen by the errors in recorded digits and in synthetic sentences


class Widened(Resampler):
    """From 8000 to 16000 samples a second, with the band from 4 to 8 kHz filled."""

    def __init__(self) -> None:
        super().__init__(8000, 16000)
        # Zeros between the samples mirror the spectrum; the low-pass filter, weakened, lets some of the image through.
        if self._filter is not None:
            self._filter = (1 - _MIRRORED) * self._filter
            self._filter[len(self._filter) // 2] += _MIRRORED * self._up
