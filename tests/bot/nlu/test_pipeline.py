"""The pipeline of `config.yml` as Rasa trains and loads it, on data sets made up here."""

import asyncio
from pathlib import Path

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

SMALL = {
    "report": ["my car was stolen", "someone hit my car", "I had an accident"],
    "opening": ["when do you open", "what are your office hours", "are you open on sunday"],
    "out_of_scope": ["what is the capital of France", "tell me a joke", "who won the match"],
}


def nlu_file(folder: Path, examples: dict[str, list[str]]) -> str:
    blocks = [
        {"intent": name, "examples": "".join(f"- {text}\n" for text in texts)} for name, texts in examples.items()
    ]
    file = folder / "nlu.yml"
    file.write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}))
    return str(file)


def train(folder: Path, examples: dict[str, list[str]], **changes: dict) -> Agent:
    config = yaml.safe_load(Path("config.yml").read_text("utf-8"))
    config.pop("policies", None)
    for component in config["pipeline"]:
        component.update(changes.get(component["name"].rpartition(".")[2], {}))
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    model = train_nlu(str(folder / "config.yml"), nlu_file(folder, examples), str(folder / "models"))
    return Agent.load(model)


def parse(agent: Agent, text: str) -> dict:
    return asyncio.run(agent.parse_message(text))


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    return train(tmp_path_factory.mktemp("nlu"), SMALL)


def test_a_sentence_is_understood(agent: Agent) -> None:
    answer = parse(agent, "my car was hit yesterday")
    assert answer["intent"]["name"] == "report"
    assert [entity["entity"] for entity in answer["entities"]] == ["line_of_business", "date"]
    assert answer["in_scope"]["score"] >= answer["in_scope"]["threshold"]


def test_the_ranking_holds_every_intent_and_adds_up(agent: Agent) -> None:
    ranking = [entry for entry in parse(agent, "are you open")["intent_ranking"] if entry["name"] != "nlu_fallback"]
    assert {entry["name"] for entry in ranking} == set(SMALL)
    assert sum(entry["confidence"] for entry in ranking) == pytest.approx(1.0)


def test_a_trained_out_of_scope_intent_keeps_its_name(agent: Agent) -> None:
    assert parse(agent, "tell me a joke")["intent"]["name"] == "out_of_scope"


def test_knowledge_comes_with_its_link(agent: Agent) -> None:
    first = parse(agent, "my car was stolen, what should I do now")["knowledge"][0]
    assert first["url"] == f"/knowledge/en/{first['id']}"
    assert {"title", "heading", "score", "confidence", "certain", "passage"} <= set(first)


def test_a_chinese_question_finds_chinese_passages(agent: Agent) -> None:
    found = parse(agent, "我的车被偷了，该怎么办？")["knowledge"]
    assert found[0]["url"] == f"/knowledge/zh/{found[0]['id']}"
    assert found[0]["certain"]
    assert not any(passage["certain"] for passage in found[1:])


def test_nothing_is_known_of_what_no_passage_is_about(agent: Agent) -> None:
    assert not any(p["certain"] for p in parse(agent, "who won the chess olympiad in Budapest").get("knowledge", []))


@pytest.mark.slow
@pytest.mark.parametrize(
    "examples",
    [{"yes": ["yes"], "no": ["no"]}, {"a": ["apples", "pears"], "b": ["trains"], "c": ["houses", "flats"]}],
)
def test_tiny_data_sets_train(tmp_path: Path, examples: dict) -> None:
    agent = train(tmp_path, examples, KnowledgeRetriever={"folder": "absent"})
    intent, texts = next(iter(examples.items()))
    answer = parse(agent, texts[0])
    assert answer["intent"]["name"] in (intent, "nlu_fallback")
    assert "knowledge" not in answer
