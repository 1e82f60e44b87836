"""Presidio's analyzer with our recognisers and no language model."""

import re
from functools import cache

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from crm.masking.recognisers import near, recognisers

LANGUAGES = ("en", "zh")
_RAISED_BY = 0.4


class NearbyWords(ContextAwareEnhancer):
    """Raises the score of what has a word about it close by.

    Presidio's own enhancer compares lemmas, which take a language model; words as they are written do for the few
    that matter here, and Chinese ones need no word boundaries.
    """

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=_RAISED_BY,
            min_score_with_context_similarity=0.0,
            context_prefix_count=0,
            context_suffix_count=0,
        )

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """The results, surer where a word of their recogniser stands near."""
        by_id = {recognizer.id: recognizer for recognizer in recognizers}
        for result in raw_results:
            metadata = result.recognition_metadata or {}
            recognizer = by_id.get(metadata.get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, ""))
            if recognizer is None or not recognizer.context:
                continue
            if _pattern(tuple(recognizer.context)).search(near(text, result.start, result.end)):
                result.score = min(result.score + self.context_similarity_factor, self.MAX_SCORE)
        return raw_results


def analyzer() -> AnalyzerEngine:
    """A new analyzer for English and Chinese."""
    registry = RecognizerRegistry(
        recognizers=[recogniser for language in LANGUAGES for recogniser in recognisers(language)],
        supported_languages=list(LANGUAGES),
    )
    models = [{"lang_code": language, "model_name": "none"} for language in LANGUAGES]
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=NoOpNlpEngine(models),
        supported_languages=list(LANGUAGES),
        context_aware_enhancer=NearbyWords(),
    )


@cache
def _pattern(context: tuple[str, ...]) -> re.Pattern[str]:
    """Latin words stand alone; Chinese ones stand anywhere."""
    return re.compile("|".join(rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in context))
