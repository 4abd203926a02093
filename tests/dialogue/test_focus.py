"""A follow-up about the answer just above gets the one line that it asks for, or all of it again."""

import pytest

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.focus import asked_line
from rasa_project.dialogue.replies import line_reply, payload


def line(store: ContentStore, topic: str, facet: str, question: str) -> str:
    answer = store.answer(topic, Facet(facet))
    assert answer
    return asked_line(question, answer.topic, answer.entry) or ""


@pytest.mark.parametrize(
    ("topic", "facet", "question", "part"),
    [
        ("piriformis_stretch", "steps", "how long do i hold it", "30 seconds"),
        ("hip_flexor_stretch", "steps", "and how many times", "4 times"),
        ("childs_pose", "steps", "how long for", "3 to 5 minutes"),
        ("lifting", "steps", "what if i need to turn round with it", "To turn, move your hips first"),
        ("bursitis", "symptoms", "in the groin?", "groin"),
        ("prolonged_sitting", "prevention", "how often should i get up", "does not say how often"),
    ],
)
def test_the_line_that_shares_most_words(store: ContentStore, topic: str, facet: str, question: str, part: str) -> None:
    assert part in line(store, topic, facet, question)


@pytest.mark.parametrize("question", ["why", "tell me more", "sciatica", "what does sciatica feel like", "is that bad", "ok and then?"])
def test_nothing_is_picked_where_no_line_is_asked_for(store: ContentStore, question: str) -> None:
    assert line(store, "sciatica", "symptoms", question) == ""


def test_the_line_comes_with_its_source_its_drawing_and_a_way_back(store: ContentStore) -> None:
    answer = store.answer("piriformis_stretch", Facet.steps)
    assert answer
    wanted = next(step for step in answer.entry.steps if "30 seconds" in step)
    reply = line_reply(answer, wanted, store)
    assert reply.text.startswith(wanted) and "Source: our article" in reply.text
    assert reply.custom["kind"] == "answer" and reply.custom["topic"] == "piriformis_stretch"
    number = answer.entry.steps.index(wanted) + 1
    assert [drawing["step"] for drawing in reply.custom.get("drawings", [])] in ([], [number])
    assert reply.buttons[0]["payload"] == payload(answer.topic, Facet.steps)
