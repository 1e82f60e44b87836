"""Ears of one language around an engine from elsewhere: sound is kept until the utterance is over, then heard at once.

Engines block, so they run in threads, as many as the settings allow; calls beyond that wait within their patience.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from voice.errors import EngineFailed, EngineUnavailable
from voice.ports import Expectation, Hypothesis, Recogniser
from voice.recognition.elsewhere.engine import Engine, Heard
from voice.recognition.elsewhere.wording import Wording


class ElsewhereEars:
    """Opens recognisers that share one engine."""

    def __init__(self, engine: Engine, wording: Wording, *, threads: int, patience: float) -> None:
        """`patience`: seconds after which an utterance without a result has failed, waiting for a thread included."""
        self._engine, self._wording, self._patience = engine, wording, patience
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="recogniser")

    async def open(self, language: str, rate: int) -> Recogniser:
        """Ears for one call.

        Raises:
            EngineUnavailable: another rate than 8000 or 16000 samples a second.
        """
        if rate not in (8000, 16000):
            raise EngineUnavailable(f"The recogniser takes 8000 or 16000 samples a second, not {rate}.")
        return ElsewhereRecogniser(self, rate)

    async def close(self) -> None:
        """What is being heard is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._engine.close)

    async def hear(self, pcm: bytes, rate: int, expectation: Expectation) -> Hypothesis:
        """What is said in a whole utterance.

        Raises:
            EngineFailed: it failed, or took too long.
        """
        return self._wording.hypothesis(await self._heard(pcm, rate) if pcm else Heard(""), expectation)

    async def _heard(self, pcm: bytes, rate: int) -> Heard:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience):
                return await loop.run_in_executor(self._threads, self._engine.hear, pcm, rate, self._patience)
        except TimeoutError:
            raise EngineFailed(f"A recogniser did not answer within {self._patience:g} seconds.") from None
        except EngineFailed:
            raise
        except Exception as error:  # of the engine, whose message may quote the caller: it goes no further
            raise EngineFailed(f"A recogniser failed with {type(error).__name__}.") from None


class ElsewhereRecogniser:
    """A `Recogniser` that knows nothing before the utterance is over."""

    def __init__(self, ears: ElsewhereEars, rate: int) -> None:
        self._ears, self._rate = ears, rate
        self._expectation = Expectation()
        self._pcm: bytearray | None = None
        self._found: Hypothesis | None = None

    async def start(self, expectation: Expectation) -> None:
        """Begin an utterance."""
        self._expectation, self._pcm, self._found = expectation, bytearray(), None

    async def feed(self, pcm: bytes) -> str:
        """Sound of the utterance; there are no words yet."""
        self._utterance().extend(pcm)
        if pcm:
            self._found = None
        return ""

    async def finish(self) -> Hypothesis:
        """What was said so far; asked again without new sound, the engine is spared."""
        if self._found is not None:
            return self._found
        utterance = self._utterance()
        length = len(utterance)
        found = await self._ears.hear(bytes(utterance), self._rate, self._expectation)
        if utterance is self._pcm and length == len(utterance):
            self._found = found
        return found

    async def close(self) -> None:
        """Forget the sound."""
        self._pcm = self._found = None

    def _utterance(self) -> bytearray:
        if self._pcm is None:
            raise EngineFailed("No utterance was begun.")
        return self._pcm
