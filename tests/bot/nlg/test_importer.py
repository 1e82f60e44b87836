"""Responses of several languages, side by side in folders."""

import yaml

from bot.nlg.importer import ResponsesByLanguage


def test_the_same_key_in_two_languages(tmp_path):
    for language, text in (("en", "hello"), ("zh", "你好")):
        folder = tmp_path / "data/responses" / language
        folder.mkdir(parents=True)
        content = {"version": "3.1", "responses": {"utter_greet": [{"text": text}]}}
        (folder / "a.yml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    importer = ResponsesByLanguage(training_data_paths=[str(tmp_path / "data")])
    responses = importer.get_nlu_data().responses["utter_greet"]
    assert [(r["metadata"]["language"], r["text"]) for r in responses] == [("en", "hello"), ("zh", "你好")]
