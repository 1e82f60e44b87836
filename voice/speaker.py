"""How a language is spoken: a setting, and what a speech engine is told."""

from pydantic import BaseModel, Field

SLOWEST, FASTEST = 60, 450


class Speaker(BaseModel, frozen=True):
    """A voice and how it speaks.

    Attributes:
        voice: the engine's own name of it.
        rate: words a minute.
        volume: 0 to 1.
    """

    voice: str
    rate: int = Field(default=165, ge=SLOWEST, le=FASTEST)
    volume: float = Field(default=1.0, gt=0, le=1)

    def at(self, speed: float) -> "Speaker":
        """The same voice, `speed` times as fast."""
        return self.model_copy(update={"rate": min(FASTEST, max(SLOWEST, round(self.rate * speed)))})
