"""The evaluation: fair folds, right figures, and a page that stands on its own."""

import re
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.message import Message

from benchmarks.evaluate.entities import misread, score_entities
from benchmarks.evaluate.intents import OUTSIDE, Verdicts
from benchmarks.evaluate.knowledge import examine
from benchmarks.evaluate.page import EntityExam, Exam, Report, render
from benchmarks.evaluate.pipeline import Asked, outside_intents, read_answer
from benchmarks.evaluate.sentences import Sentence, folds, read

FALLBACK = "nlu_fallback"


def sentence(text: str, intent: str, *entities: tuple[str, int, int]) -> Sentence:
    marked = [{"entity": name, "start": start, "end": end} for name, start, end in entities]
    return Sentence(text, intent, "en", "a.yml:1", Message({"text": text, "intent": intent, "entities": marked}))


def asked(meant: str, decided: str, confidence: float = 0.5, margin: float | None = None, text: str = "x") -> Asked:
    return Asked(sentence(text, meant), decided, decided, confidence, confidence, margin, [])


def found(marked: Sentence, *entities: tuple[str, int, int]) -> Asked:
    seen = [{"entity": name, "start": start, "end": end} for name, start, end in entities]
    return Asked(marked, marked.intent, marked.intent, 1.0, 1.0, None, seen)


def test_sentences_know_their_language_and_place(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh/a.yml").write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - 你好\n    - hi [Ann](person_name)\n"
    )
    read_in = read(tmp_path).sentences
    assert [(s.text, s.language, s.place) for s in read_in] == [
        ("你好", "zh", f"{tmp_path}/zh/a.yml:4"),
        ("hi Ann", "zh", f"{tmp_path}/zh/a.yml:5"),
    ]
    assert [(e["entity"], e["start"], e["end"]) for e in read_in[1].entities] == [("person_name", 3, 6)]


def test_a_language_that_is_absent_has_no_sentences(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere").sentences == []


def test_each_sentence_is_held_out_once() -> None:
    all_ = [sentence(f"{intent}{i}", intent) for intent in "abc" for i in range(7)]
    held_out = [s for _, part in folds(all_, 3) for s in part]
    assert Counter(s.text for s in held_out) == Counter(s.text for s in all_)


def test_no_sentence_is_asked_of_a_model_that_saw_it() -> None:
    all_ = [sentence(f"{intent}{i}", intent) for intent in "abc" for i in range(7)]
    assert all(not {s.text for s in training} & {s.text for s in part} for training, part in folds(all_, 3))


def test_folds_have_their_share_of_each_intent() -> None:
    all_ = [sentence(f"{intent}{i}", intent) for intent in "abc" for i in range(10)]
    assert all(set(Counter(s.intent for s in part).values()) == {2} for _, part in folds(all_, 5))


def test_precision_recall_and_f1() -> None:
    verdicts = Verdicts([asked("a", "a"), asked("a", "b"), asked("b", "b"), asked("b", "b")], {FALLBACK})
    by_name = {score.intent: score for score in verdicts.scores()}
    assert (by_name["a"].precision, by_name["a"].recall) == (1.0, 0.5)
    assert by_name["b"].precision == pytest.approx(2 / 3)
    assert verdicts.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert by_name["a"].lost_to == [("b", 1)]


def test_the_fallback_is_the_right_answer_to_what_is_out_of_scope() -> None:
    assert Verdicts([asked("out_of_scope", FALLBACK)], {"out_of_scope", FALLBACK}).accuracy == 1.0


def test_the_fallback_is_the_wrong_answer_to_what_is_in_scope() -> None:
    verdicts = Verdicts([asked("a", FALLBACK), asked("out_of_scope", "a")], {"out_of_scope", FALLBACK})
    assert (verdicts.accuracy, verdicts.confused("a", OUTSIDE)) == (0.0, 1)


def test_scope_counts_what_is_rejected_and_what_is_caught() -> None:
    inside = [asked("a", "a", margin=2.0), asked("a", FALLBACK, margin=-0.5)]
    outside = [asked("out_of_scope", "out_of_scope", margin=-2.0), asked("out_of_scope", "a", margin=1.0)]
    scope = Verdicts([*inside, *outside], {"out_of_scope", FALLBACK}).scope()
    assert scope is not None
    assert (scope["rejected"], scope["caught"], scope["auroc"]) == (0.5, 0.5, 0.75)


def test_without_sentences_out_of_scope_there_is_no_such_figure() -> None:
    assert Verdicts([asked("a", "a")], {"out_of_scope"}).scope() is None


def test_the_surest_mistake_comes_first() -> None:
    verdicts = Verdicts([asked("a", "b", 0.3), asked("a", "b", 0.9), asked("a", "a", 1.0)], set())
    assert [mistake.asked.confidence for mistake in verdicts.mistakes()] == [0.9, 0.3]


def test_an_entity_counts_when_exactly_its_words_are_found() -> None:
    marked = sentence("pay last tuesday 5", "a", ("date", 4, 16), ("number", 17, 18))
    scores = {score.entity: score for score in score_entities([found(marked, ("date", 9, 16), ("number", 17, 18))])}
    assert (scores["date"].recall, scores["date"].touched) == (0.0, 1.0)
    assert scores["number"].f1 == 1.0


def test_an_entity_nobody_marked_costs_precision() -> None:
    scores = score_entities([found(sentence("may I", "a"), ("date", 0, 3))])
    assert [(score.entity, score.marked, score.precision, score.recall) for score in scores] == [("date", 0, 0.0, None)]


def test_misread_entities_are_named_with_their_words() -> None:
    one = found(sentence("may I on friday", "a", ("date", 9, 15)), ("date", 0, 3))
    assert [(missed, extra) for _, missed, extra in misread([one])] == [(["date: friday"], ["date: may"])]


def test_the_knowledge_exam_accepts_other_good_passages_and_silence(tmp_path: Path) -> None:
    file = tmp_path / "questions_en.yml"
    file.write_text(
        "- {question: q1, expect: a#1, also: [a#2]}\n- {question: q2, expect: a#1}\n"
        "- {question: q3, expect: null}\n- {question: q4, expect: null}\n"
    )
    given = {"q1": ["a#2", "b#1"], "q2": ["b#1", "a#1"], "q4": ["b#1"]}
    score = examine(file, lambda texts: [{"knowledge": [{"id": name} for name in given.get(t, [])]} for t in texts])
    assert (score.first, score.among, score.silent) == (0.5, 1.0, 0.5)
    assert [missed.question for missed in score.missed] == ["q2", "q4"]


def test_an_offer_is_no_answer_to_a_question_without_one(tmp_path: Path) -> None:
    file = tmp_path / "questions_en.yml"
    file.write_text("- {question: q1, expect: null}\n")
    assert examine(file, lambda texts: [{"knowledge": [{"id": "a#1", "certain": False}]}]).silent == 1.0


def test_what_is_only_offered_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "questions_en.yml"
    file.write_text("- {question: q1, expect: a#1}\n- {question: q2, expect: null}\n")
    score = examine(file, lambda texts: [{"knowledge": [{"id": "a#1", "certain": t == "q2"}]} for t in texts])
    assert (score.first, score.quoted, score.misquoted, score.silent) == (1.0, 0.0, 0.0, 0.0)


def test_an_answer_is_read_as_decided_and_likeliest() -> None:
    ranking = [
        {"name": FALLBACK, "confidence": 0.6},
        {"name": "out", "confidence": 0.4},
        {"name": "a", "confidence": 0.3},
    ]
    answer = {"intent": ranking[0], "intent_ranking": ranking, "entities": []}
    read_as = read_answer(
        sentence("x", "a"), {**answer, "in_scope": {"score": 1.0, "threshold": 3.0}}, {"out", FALLBACK}
    )
    assert (read_as.decided, read_as.likeliest, read_as.confidence, read_as.inside) == (FALLBACK, "out", 0.4, 0.3)
    assert read_as.margin == -2.0


def test_the_pipeline_says_what_is_out_of_scope(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("pipeline: [{name: A}, {name: B, out_of_scope_intents: [chitchat]}]\n")
    assert outside_intents(config) == {"chitchat", FALLBACK}


@pytest.fixture
def page() -> str:
    answers = [
        asked("a", "a", 0.9, 2.0),
        asked("a", "b", 0.8, 1.0, text="<b>bold</b>"),
        asked("out_of_scope", FALLBACK, 0.2, -1.0),
    ]
    marked = found(sentence("on friday", "a", ("date", 3, 9)), ("number", 0, 2))
    about = {
        "date": datetime(2026, 9, 16, 12, tzinfo=timezone.utc), "sentences": 3, "intents": 3, "languages": ["en"],
        "training_seconds": 1.0, "parse_ms": 5.0, "minutes": 1.0,
    }  # fmt: skip
    exam = Exam("exam-en", "Exam, en", Verdicts(answers, {"out_of_scope", FALLBACK}))
    entities = EntityExam("en", 1, score_entities([marked]), misread([marked]))
    return render(Report(about, [exam], [entities], []))


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)|url\(([^)]+)\)""", page)
    assert all((one or other).startswith("#") for one, other in addresses)


def test_the_page_shows_sentences_as_they_were_written(page: str) -> None:
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold</b>" not in page


def test_the_page_holds_all_parts(page: str) -> None:
    for part in ("Most often mixed up", "Confusion matrix", "Worst errors", 'id="entities-en"', "threshold</text>"):
        assert part in page
