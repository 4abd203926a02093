"""What is sent for a decision."""

import json
import re
from xml.etree import ElementTree

from rasa_project.channels.payloads import is_own_payload
from rasa_project.content.schema import Facet
from rasa_project.content.store import Answer, ContentStore
from rasa_project.dialogue import guidance
from rasa_project.dialogue.replies import answer_reply, not_covered_reply, question_reply
from rasa_project.settings import DRAWINGS_FOLDER, domain_text


def answers(store: ContentStore) -> list:
    return store.entries()


def test_every_answer_names_its_source_in_text_and_data(store: ContentStore) -> None:
    for answer in answers(store):
        reply = answer_reply(answer, store)
        cited = {paragraph for source in reply.custom["sources"] for paragraph in source["paragraphs"]}
        assert cited == set(answer.entry.paragraphs)
        assert store.article.title in reply.text.splitlines()[-1]


def test_texts_have_no_blank_line_which_would_split_the_message(store: ContentStore) -> None:
    for answer in answers(store):
        assert "\n\n" not in answer_reply(answer, store).text


def test_steps_are_numbered_in_order(store: ContentStore) -> None:
    answer = store.answer("piriformis_stretch", Facet.steps)
    assert answer
    numbers = re.findall(r"^(\d+)\. ", answer_reply(answer, store).text, re.MULTILINE)
    assert numbers == [str(n) for n in range(1, len(answer.entry.steps) + 1)] and len(numbers) >= 3


def test_quick_replies_lead_to_other_answers_that_exist(store: ContentStore) -> None:
    for answer in answers(store):
        buttons = answer_reply(answer, store).buttons
        assert 1 <= len(buttons) <= 3
        assert len({button["title"] for button in buttons}) == len(buttons)
        for button in buttons:
            intent, _, entities = button["payload"].partition("{")
            if intent.startswith("/guide_"):
                assert answer.facet in (Facet.steps, Facet.comparison) and is_own_payload(button["payload"])
                continue
            target = store.answer(json.loads("{" + entities)["topic"], Facet(intent[len("/ask_") :]))
            assert target and (target.topic.id, target.facet) != (answer.topic.id, answer.facet)


def test_payloads_fit_the_platforms_limit_of_64_bytes(store: ContentStore) -> None:
    for answer in answers(store):
        assert all(len(button["payload"].encode()) <= 64 for button in answer_reply(answer, store).buttons)


def test_not_covered_names_what_was_understood_and_offers_what_is_covered(store: ContentStore) -> None:
    reply = not_covered_reply(store.topics["sciatica"], Facet.treatment, store)
    assert reply.words["what"] == "how sciatica is treated"
    assert reply.custom == {"kind": "not_covered", "topic": "sciatica", "facet": "treatment"}
    assert reply.buttons


def test_a_question_carries_its_options(store: ContentStore) -> None:
    options = [Answer(store.topics[t], Facet.overview, store.topics[t].facets[Facet.overview]) for t in ("sciatica", "bursitis")]
    reply = question_reply(options)
    assert [option["title"].split(":")[0] for option in reply.custom["options"]] == ["Sciatica", store.topics["bursitis"].title]
    assert question_reply([]).custom["options"] == []


def test_each_way_of_not_knowing_has_its_own_words(store: ContentStore) -> None:
    topic = store.topics["herniated_disc"]
    replies = [not_covered_reply(topic, Facet.treatment, store, *more) for more in ((), ("acupuncture",), (None, True))]
    assert [reply.response for reply in replies] == ["utter_not_covered", "utter_thing_not_covered", "utter_foreign_thing_not_covered"]
    for reply in replies:
        assert domain_text(reply.response, **reply.words)


def test_a_stretch_shows_all_its_drawings_and_each_step_its_own(store: ContentStore) -> None:
    for stretch in guidance.stretches(store).values():
        drawn = answer_reply(stretch, store).custom["drawings"]
        assert len(drawn) >= 2 and all(drawing["alt"] and drawing["step"] for drawing in drawn)
        steps = [guidance.step_reply(stretch, step, store).custom.get("drawings", []) for step in range(len(stretch.entry.steps))]
        assert [drawing for step in steps for drawing in step] == drawn


def test_drawings_are_pictures_and_nothing_else() -> None:
    for path in DRAWINGS_FOLDER.glob("*.svg"):
        elements = {element.tag.rpartition("}")[2] for element in ElementTree.parse(path).iter()}
        assert elements <= {"svg", "title", "g", "path", "rect", "ellipse", "circle", "line", "polyline", "polygon"}, path.name


def test_where_a_thing_is_not_covered_what_the_article_says_of_the_matter_is_offered_first(store: ContentStore) -> None:
    for topic, facet, wanted in (
        ("herniated_disc", Facet.treatment, "How is it treated?"),
        ("sciatica", Facet.diagnosis, "How doctors find the cause"),
    ):
        reply = not_covered_reply(store.topics[topic], facet, store, thing="squash")
        assert reply.buttons[0]["title"] == wanted and "It does cover" in reply.words["more"]
    assert "It does cover" not in not_covered_reply(store.topics["sciatica"], Facet.treatment, store, thing="squash").words["more"]


def test_who_asks_of_a_broken_hip_is_told_to_get_help_even_where_the_article_is_silent(store: ContentStore) -> None:
    reply = not_covered_reply(store.topics["hip_fracture"], Facet.prognosis, store)
    assert "emergency help" in reply.words["caution"] and "a broken hip gets better" in reply.words["what"]


def test_buttons_after_a_question_on_treatment_lead_to_treatment_first(store: ContentStore) -> None:
    reply = not_covered_reply(store.topics["herniated_disc"], Facet.prognosis, store)
    assert [button["title"] for button in reply.buttons] == ["How is it treated?", "What can I do myself?", "What about medicines?"]
