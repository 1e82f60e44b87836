"""The linter of training sentences: what it finds, where, and how grave it is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.lint_data.__main__ import main, problems
from bot.lint_data.checks import FEWEST, duplicates, examined, homeless, imbalance, lengths, without_examples
from bot.lint_data.examples import Example, count_words, fold, read_file, read_folder
from bot.lint_data.findings import ERROR, WARNING
from bot.lint_data.likeness import near_duplicates


def example(text: str, intent: str = "greet", language: str = "en", line: int = 1) -> Example:
    return Example(text, intent, language, Path("nlu.yml"), line)


def examples(*texts: str, intent: str = "greet", language: str = "en") -> list[Example]:
    return [example(text, intent, language, line) for line, text in enumerate(texts, 1)]


def same_meaning(texts: Sequence[str]) -> np.ndarray:
    return np.tile([1.0, 0.0], (len(texts), 1))


def other_meaning(texts: Sequence[str]) -> np.ndarray:
    return np.eye(len(texts))


def write_project(root: Path, nlu: str, exam: str = "", intents: str = "[greet]") -> Path:
    for folder in ("data/nlu/en", "tests/nlu/en"):
        (root / folder).mkdir(parents=True)
    (root / "domain.yml").write_text(f"intents: {intents}\n")
    (root / "config.yml").write_text("pipeline: [{name: X, out_of_scope_intents: [out_of_scope]}]\n")
    (root / "data/nlu/en/all.yml").write_text(nlu)
    (root / "tests/nlu/en/all.yml").write_text(exam)
    return root


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hello!", "hello"), ("e-mail", "email"), ("don’t", "dont"), ("ｙｅｓ", "yes"), ("yes,please", "yes please")],
)
def test_case_punctuation_and_width_do_not_count(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_an_emoji_folds_to_itself() -> None:
    assert fold("👍") != fold("👎")


def test_a_chinese_character_counts_as_a_word() -> None:
    assert count_words("我的 claim 到哪了") == 6


def test_examples_carry_their_line_and_no_marks(tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - hi\n    - hi [Ann](person_name)\n- intent: bye\n"
        '  examples:\n  - text: |\n      so long\n  - "later [now](time)"\n'
    )
    found = [(e.text, e.intent, e.line) for e in read_file(file)]
    assert found == [("hi", "greet", 4), ("hi Ann", "greet", 5), ("so long", "bye", 8), ("later now", "bye", 10)]


def test_a_file_without_examples_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text("rules: []\n")
    assert read_file(file) == []


def test_a_sentence_under_two_intents_is_an_error() -> None:
    found = list(duplicates([example("Cancel it", "stop", line=3), example("cancel it!", "cancel_policy", line=9)]))
    assert [(f.line, f.severity) for f in found] == [(9, ERROR)]
    assert "nlu.yml:3" in found[0].about


@pytest.mark.parametrize(("second", "severity"), [("hello", ERROR), ("Hello!", WARNING)])
def test_a_repetition_within_an_intent(second: str, severity: str) -> None:
    assert [f.severity for f in duplicates(examples("hello", second))] == [severity]


def test_what_stands_in_the_exam_is_an_error() -> None:
    found = list(examined(examples("hi", "Good day"), examples("good day.")))
    assert [(f.line, f.severity) for f in found] == [(2, ERROR)]


def test_empty_is_an_error_and_over_long_a_warning() -> None:
    assert [f.severity for f in lengths(examples("", "word " * 61, "fine"))] == [ERROR, WARNING]


def test_too_few_and_too_many_examples() -> None:
    counts = {"a": FEWEST, "b": FEWEST, "c": FEWEST - 1, "d": 5 * FEWEST, "out_of_scope": 5 * FEWEST}
    found = imbalance([example("x", name) for name, count in counts.items() for _ in range(count)], {"out_of_scope"})
    assert [f.about.split()[0] for f in found] == ["c", "d"]


def test_an_intent_missing_in_one_language_is_an_error(tmp_path: Path) -> None:
    domain = tmp_path / "domain.yml"
    domain.write_text("intents:\n- greet\n- attach_files\n")
    data = [example("hi", "greet", "en"), example("你好", "bye", "zh")]
    found = list(without_examples(data, domain, ["greet", "attach_files"], {"attach_files"}))
    assert [(f.line, f.severity, f.about) for f in found] == [(2, ERROR, "intent greet has no example in: zh")]


def test_examples_of_no_language_are_an_error() -> None:
    assert [f.severity for f in homeless([example("hi", language="")])] == [ERROR]


def test_languages_are_folders(tmp_path: Path) -> None:
    block = "nlu:\n- intent: greet\n  examples: |\n    - hi\n"
    for name in ("nlu/en/a.yml", "nlu/zh/a.yml", "nlu/b.yml", "rules.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(block)
    assert sorted(e.language for e in read_folder(tmp_path, tmp_path / "nlu")) == ["", "", "en", "zh"]


ALIKE = ("what is my premium", "what is a premium")


def test_the_same_meaning_in_the_same_letters_is_nearly_the_same() -> None:
    data = [example(ALIKE[0], "policy_details", line=4), example(ALIKE[1], "ask_knowledge", line=7)]
    found = list(near_duplicates(data, [], same_meaning, lambda _: True))
    assert [(f.line, f.severity) for f in found] == [(7, WARNING)]
    assert "policy_details" in found[0].about


def test_the_same_letters_in_another_meaning_are_not() -> None:
    assert not list(near_duplicates(examples(*ALIKE), [], other_meaning, lambda _: True))


def test_where_the_encoder_knows_no_word_letters_decide() -> None:
    data = examples(
        "请问我上个星期报的车险理赔现在处理到哪一步了",
        "请问我上个星期报的车险理赔现在处理到哪一步了呢",
        "明天几点开门",
        language="zh",
    )
    found = list(near_duplicates(data, [], other_meaning, lambda language: language == "en"))
    assert [f.line for f in found] == [2]


def test_short_sentences_of_rare_characters_are_not_alike() -> None:
    many = [f"{number} 号保单" for number in range(2100)]
    found = near_duplicates(examples("昂", "香蕉", *many, language="zh"), [], other_meaning, lambda _: False)
    assert not [finding for finding in found if finding.line <= 2]


def test_languages_are_not_compared_with_each_other() -> None:
    data = [example("ok 好的"), example("ok 好的!!", language="zh")]
    assert not list(near_duplicates(data, [], same_meaning, lambda _: True))


def test_nearness_to_the_exam_is_reported_at_the_training_example() -> None:
    found = list(near_duplicates([example(ALIKE[0], line=5)], [example(ALIKE[1])], same_meaning, lambda _: True))
    assert [f.line for f in found] == [5]
    assert "exam" in found[0].about


def test_an_intent_unknown_to_the_domain_is_an_error(tmp_path: Path) -> None:
    root = write_project(tmp_path, "nlu:\n- intent: grete\n  examples: |\n    - hi\n")
    assert "intent grete is not in the domain" in [f.about for f in problems(root) if f.severity == ERROR]


@pytest.mark.parametrize(("sentence", "code"), [("hey ho", 0), ("hi there", 1)])
def test_only_errors_fail(
    tmp_path: Path, sentence: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    block = "nlu:\n- intent: greet\n  examples: |\n    - {}\n"
    write_project(tmp_path, block.format("hi there"), exam=block.format(sentence))
    monkeypatch.setattr("sys.argv", ["lint", "--root", str(tmp_path)])
    assert main() == code
    assert f"{code} errors, 1 warnings" in capsys.readouterr().out
