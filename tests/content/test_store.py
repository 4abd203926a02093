"""The store as shipped, and what it says of files with faults."""

from pathlib import Path

import pytest

from rasa_project.content.coverage import citations, uncited
from rasa_project.content.schema import Facet, ReviewState
from rasa_project.content.store import ContentStore, load_store
from rasa_project.validation import InvalidFile

# The cells of the REST contract: what the bot must be able to answer.
COVERED = {
    "hip_back_link": "overview causes",
    "lumbar_spine": "anatomy",
    "pelvis": "anatomy",
    "hip_joint": "anatomy",
    "sacroiliac_joint": "anatomy",
    "muscles": "anatomy",
    "nerves": "anatomy",
    "posture": "causes",
    "obesity": "causes",
    "muscle_strain": "overview causes symptoms treatment",
    "herniated_disc": "overview causes symptoms treatment medication surgery self_care",
    "arthritis": "overview causes symptoms treatment",
    "pinched_nerve": "overview causes symptoms treatment",
    "si_joint_dysfunction": "overview causes symptoms treatment medication surgery",
    "bursitis": "overview causes symptoms risk",
    "sciatica": "overview causes symptoms risk",
    "hip_fracture": "overview causes risk symptoms",
    "hip_osteoarthritis": "overview causes symptoms risk",
    "hip_or_back": "comparison",
    "arthritis_vs_strain": "comparison",
    "sciatica_vs_bursitis": "comparison",
    "diagnosis": "overview",
    "prevention": "overview",
    "strengthening": "overview",
    "piriformis_stretch": "steps",
    "hip_flexor_stretch": "steps",
    "gluteal_stretch": "steps cautions",
    "childs_pose": "steps",
    "prolonged_sitting": "causes prevention",
    "ergonomics": "steps",
    "walking": "overview",
    "lifting": "steps",
    "when_to_see_doctor": "overview",
}


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("topic, facet", [(topic, facet) for topic, facets in COVERED.items() for facet in facets.split()])
def test_every_cell_of_the_contract_has_an_entry_of_its_own(store: ContentStore, topic: str, facet: str) -> None:
    assert Facet(facet) in store.topics[topic].facets


def test_every_content_paragraph_of_the_article_is_cited(store: ContentStore) -> None:
    assert uncited(store) == []


def test_an_uncited_paragraph_is_found(store: ContentStore) -> None:
    paragraph, entries = next((p, e) for p, e in citations(store).items() if len({entry.split(".")[0] for entry in e}) == 1)
    topic = entries[0].split(".")[0]
    without = ContentStore(store.article, {name: known for name, known in store.topics.items() if name != topic})
    assert paragraph in uncited(without)


def test_what_the_article_does_not_cover_has_no_answer(store: ContentStore) -> None:
    for topic, facet in (("sciatica", "treatment"), ("bursitis", "treatment"), ("hip_fracture", "surgery"), ("herniated_disc", "prognosis")):
        assert store.answer(topic, Facet(facet)) is None


def test_diagnosing_any_condition_is_answered_by_the_diagnosis_topic(store: ContentStore) -> None:
    for topic in ("sciatica", "arthritis", "hip_fracture", "bursitis"):
        answer = store.answer(topic, Facet.diagnosis)
        assert answer and answer.topic.id == "diagnosis"


def test_answers_stay_short_and_plain(store: ContentStore) -> None:
    for answer in store.entries():
        entry = answer.entry
        text = " ".join([entry.lead, *entry.points, *entry.steps, *entry.cautions])
        assert len(text.split()) <= 135, answer.topic.id
        assert not any(mark in text for mark in ("**", "#", "http", "\n", "<")), answer.topic.id


def test_no_answer_repeats_a_sentence_of_the_article(store: ContentStore) -> None:
    article = " ".join(text for section in store.article.sections for text in section.paragraphs.values())
    sentences = {sentence.strip().lower() for sentence in article.replace("?", ".").split(".") if len(sentence.split()) > 7}
    for answer in store.entries():
        text = " ".join([answer.entry.lead, *answer.entry.points, *answer.entry.steps]).lower()
        assert not [sentence for sentence in sentences if sentence in text], f"{answer.topic.id}.{answer.facet.value}"


def test_nothing_claims_a_review_that_did_not_happen(store: ContentStore) -> None:
    for answer in store.entries():
        review = answer.entry.review
        assert review.state is not ReviewState.approved or (review.by and review.on)


@pytest.mark.parametrize(
    "file, old, new, parts",
    [
        ("sciatica.yml", "kind: condition", "kind: disease", ["sciatica.yml", "kind", "'disease'", "condition"]),
        ("sciatica.yml", "title: Sciatica", "titel: Sciatica", ["titel", "no such key"]),
        ("sciatica.yml", "title: Sciatica", "title:", ["title", "fill it in"]),
        ("obesity.yml", "P26", "P999", ["obesity.yml", "paragraphs", "P999", "correct the number"]),
        ("obesity.yml", "P26", "page 26", ["paragraphs", "page 26", "P55"]),
        ("sciatica.yml", "related: [", "related: [unknown_topic, ", ["related", "'unknown_topic'", "correct or remove"]),
        ("sciatica.yml", "id: sciatica", "id: ischias", ["id", "'ischias'", "sciatica.yml"]),
        ("sciatica.yml", "names:", "names: [", ["sciatica.yml", "line"]),
    ],
)
def test_a_fault_is_named_with_file_key_value_and_what_to_do(content_copy: Path, file: str, old: str, new: str, parts: list) -> None:
    spoil(content_copy, file, old, new)
    with pytest.raises(InvalidFile) as caught:
        load_store(content_copy)
    for part in parts:
        assert part in str(caught.value)


def test_two_topics_cannot_share_a_name(content_copy: Path) -> None:
    spoil(content_copy, "obesity.yml", "names:\n", "names:\n  - sciatica\n")
    with pytest.raises(InvalidFile, match="'sciatica' is also a name of topic"):
        load_store(content_copy)


def test_a_file_with_faults_does_not_silence_the_others(content_copy: Path) -> None:
    (content_copy / "bursitis.yml").write_text("id: [", encoding="utf-8")
    store = load_store(content_copy, strict=False)
    assert "bursitis" in store.broken and "bursitis" not in store.topics
    assert store.answer("sciatica", Facet.overview)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="no topic files"):
        load_store(tmp_path)


def test_a_drawing_that_is_missing_or_belongs_to_no_step_is_named(content_copy: Path) -> None:
    spoil(content_copy, "piriformis_stretch.yml", "file: piriformis_stretch_1.svg", "file: nowhere.svg")
    spoil(content_copy, "childs_pose.yml", "step: 1,", "step: 9,")
    with pytest.raises(InvalidFile) as error:
        load_store(content_copy)
    assert any("piriformis_stretch.yml" in line and "nowhere.svg" in line for line in error.value.problems)
    assert any("childs_pose.yml" in line and "no such step" in line for line in error.value.problems)
