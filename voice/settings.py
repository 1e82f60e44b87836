"""Everything about calls that can be configured, read once from the environment."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from voice.speaker import Speaker


class VoiceSettings(BaseSettings):
    """Settings of the voice channel; every one is an environment variable with the prefix `CARELINE_VOICE_`.

    Durations are seconds. Relative paths are relative to the current directory, which is the repository's root.
    """

    model_config = SettingsConfigDict(env_prefix="CARELINE_VOICE_", extra="ignore", populate_by_name=True)

    var: Path = Field(default=Path("var"), validation_alias=AliasChoices("var", "CARELINE_VAR"))
    company: str = ""  # spoken in the greeting; empty: the locale file's own words
    language: str = "en"  # of a call whose transport names none

    # --- when the caller has finished
    speculate_after: float = 0.3  # silence after which recognition is finished without being asked to
    settle_after: float = 0.7  # silence that ends a sentence which may be complete
    patience: float = 0.8  # silence that ends free speech; speech is noticed late, and pauses of 0.6 s are common
    digits_patience: float = 1.4  # between spoken digits, as long as some are missing
    complete_enough: float = 0.62  # `Hypothesis.complete` from which a sentence is over
    complete_perhaps: float = 0.3  # and from which it may be
    believable: float = 0.5  # confidence below which nothing is believed
    noise_shorter: float = 0.2  # what is shorter and not understood was no speech
    release: float = 0.1  # silence that has passed when the activity tells of it
    line_silent: float = 0.25  # without a frame for so long, the caller is silent
    lead_in: float = 0.4  # sound kept from before the speech was noticed

    # --- what the caller may do
    barge_in: bool = True
    barge_in_after: float = 0.1  # speech that interrupts; a cough is shorter
    key_gap: float = 3.0  # between two keys of a number; `#` ends it at once
    zero_gap: float = 1.5  # after a lone 0, which calls a person unless a number goes on

    # --- how long things may take
    no_input: float = 6.0  # silence after a question until help is offered
    hold_after: float = 2.5  # an answer that takes longer is announced
    hold_again: float = 10.0  # and again
    waiting_again: float = 30.0  # words for a caller who waits for a person
    answer_timeout: float = 60.0
    utterance_longest: float = 30.0
    prompt_longest: float = 90.0
    call_longest: float = 1800.0
    call_longest_with_person: float = 7200.0  # a person is not cut off for the first limit
    engine_timeout: float = 4.0  # without an answer, an engine hangs

    # --- help before somebody else is fetched
    attempts: int = Field(default=3, ge=1)

    # --- speech
    slower: float = 0.8
    faster: float = 1.25
    slowest: float = 0.6
    fastest: float = 1.8

    # --- who speaks
    engine: str = "voice.synthesis.espeak:Espeak"  # `module:Class`, see voice/synthesis/engine.py
    speakers: dict[str, Speaker] = {"en": Speaker(voice="en-us"), "zh": Speaker(voice="cmn")}  # by language; JSON
    synthesis_workers: int = Field(default=2, ge=1)  # processes; one makes 50 sentences a second
    phrases: Path = Path("models/voice/phrases")  # fixed phrases, made by `python -m voice prompts`
    responses: Path = Path("data/responses")  # the answers among them
    recent_bytes: int = 32 * 1024 * 1024  # sound lately made, kept in memory

    # --- who listens: see docs/voice.md
    recognisers: dict[str, str] = {"en": "moonshine"}  # by language: a name, or `module:Class`; JSON
    recogniser_models: dict[str, str] = {}  # by language: a folder or a name, as its recogniser wants it; JSON
    recogniser_hints: dict[str, str] = {}  # by language: words to expect, for recognisers that can be told; JSON
    recogniser_threads: int = Field(default=4, ge=1)  # utterances at a time, of each recogniser that is not built in
    openai_url: str = Field(
        default="https://api.openai.com/v1",
        validation_alias=AliasChoices("openai_url", "CARELINE_VOICE_OPENAI_URL", "OPENAI_BASE_URL"),
    )
    openai_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("openai_key", "CARELINE_VOICE_OPENAI_KEY", "OPENAI_API_KEY")
    )
    google_key_file: Path | None = Field(
        default=None,
        validation_alias=AliasChoices(
            "google_key_file", "CARELINE_VOICE_GOOGLE_KEY_FILE", "GOOGLE_APPLICATION_CREDENTIALS"
        ),
    )
    google_endpoint: str = "speech.googleapis.com"  # eu-speech.googleapis.com: sound stays in the EU
    google_dialects: dict[str, str] = {"en": "en-US", "zh": "cmn-Hans-CN"}  # by language; JSON
    recognition_workers: int = Field(default=0, ge=0)  # processes; 0: one a processor
    recognition_calls: int = Field(default=16, ge=1)  # calls at a time in each
    recognition_model: Path | None = None  # a folder made by `python -m voice train`; none: the newest

    # --- what is kept
    recording: bool = True  # ask for consent to keep the sound; False: never keep any, never ask
