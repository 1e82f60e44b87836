"""What the intent model does with Chinese: a gloss for the encoder, n-grams and meanings, a model of its own."""

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.by_script import ModelsByScript, script_of
from bot.nlu.gloss import Gloss, chinese_gloss
from bot.nlu.ngrams import CHINESE, LETTERS, CharNgrams

GLOSS = Gloss({"我": "I", "我的": "my", "车": "car", "车险": "auto insurance", "了": "", "被": "by"})


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("我的车", "my car"),
        ("我的车险", "my auto insurance"),
        ("車險", "auto insurance"),
        ("我 love 车", "I love car"),
        ("车鑫", "car"),
        ("plain English", "plain English"),
        ("", ""),
    ],
)
def test_words_are_given_in_english(text: str, english: str) -> None:
    assert GLOSS.english(text) == english


def test_the_longest_words_are_cut_out_and_nothing_is_lost() -> None:
    assert GLOSS.cut("我的车险鑫了") == ["我的", "车险", "鑫", "了"]


def test_a_word_without_a_gloss_means_itself() -> None:
    assert GLOSS.meanings("我的鑫 BMW了") == ["my", "鑫", "bmw"]


def test_synonyms_share_their_features() -> None:
    ngrams = CharNgrams.fit(["我要退款", "把钱退还给我"], CHINESE)
    one, other = ngrams.transform(["退费"]), ngrams.transform(["返还"])
    assert chinese_gloss().meanings("退费") == chinese_gloss().meanings("返还")
    assert (one @ other.T).toarray()[0, 0] > 0


@pytest.mark.parametrize("script", [LETTERS, CHINESE])
def test_saved_ngrams_see_alike(tmp_path: Path, script: str) -> None:
    ngrams = CharNgrams.fit(["我的车被撞了", "my car was hit"], script)
    ngrams.save(tmp_path)
    text = "我的车险 car"
    assert np.array_equal(CharNgrams.load(tmp_path).transform([text]).data, ngrams.transform([text]).data)
    columns, values = ngrams.row(text)
    row = ngrams.transform([text])
    assert dict(zip(columns, values, strict=True)) == pytest.approx(dict(zip(row.indices, row.data, strict=True)))


def examples(count: int, *, chinese: bool) -> tuple[list[str], list[str]]:
    words = ("车", "房") if chinese else ("car", "house")
    texts = [f"{words[i % 2]} {i}" for i in range(count)]
    return texts, [f"about_{i % 2}" for i in range(count)]


def trained(english: int, chinese: int) -> ModelsByScript:
    one, other = examples(english, chinese=False), examples(chinese, chinese=True)
    texts, intents = one[0] + other[0], one[1] + other[1]
    vectors = np.random.default_rng(0).normal(size=(len(texts), 2, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return ModelsByScript.train(texts, vectors, intents, [], 0.05)


def test_each_language_with_enough_examples_has_its_model(tmp_path: Path) -> None:
    models = trained(200, 200)
    assert models.of("我的 car") is models.models[CHINESE]
    assert models.of("my car") is models.models[LETTERS]
    models.save(tmp_path)
    assert set(ModelsByScript.load(tmp_path).models) == {LETTERS, CHINESE}


@pytest.mark.parametrize(("english", "chinese", "script"), [(40, 0, LETTERS), (40, 10, LETTERS), (10, 40, CHINESE)])
def test_too_few_examples_join_the_others(english: int, chinese: int, script: str) -> None:
    models = trained(english, chinese)
    assert set(models.models) == {script}
    assert models.of("车") is models.of("car")


def test_one_chinese_character_makes_a_text_chinese() -> None:
    assert script_of("where is my 保单") == CHINESE
    assert script_of("where is my policy？") == LETTERS
