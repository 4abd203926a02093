"""Makes the content store's example questions, and what patients say, part of Rasa's training data."""

from typing import Any, Dict, List, Optional, Union

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.linking import GAP, TopicLinker
from rasa_project.content.mentions import load_mentions
from rasa_project.content.schema import Topic
from rasa_project.content.store import ContentStore, load_store
from rasa_project.intents import TOPIC_ENTITY, intent_of
from rasa_project.ranking.labels import NONE, UNCLEAR, Role
from rasa_project.settings import UTTERANCES_FOLDER
from rasa_project.utterances.examples import Utterance, load_utterances

# Keys of a training message beside Rasa's own: what an example is about, for linking and answer ranking.
TOPIC, TOPIC_KIND, TOPIC_DEFAULT, TOPIC_ELSEWHERE = "topic_label", "topic_kind", "topic_default", "topic_elsewhere"
FACET, ALSO_ANSWERS = "facet_label", "also_answers"
# Text without an intent. (Rasa takes a message that has a text but no intent for end-to-end training.)
EXAMPLE = "content_example"
# A name of the topic, or of a table of things that patients mention
NAME, TABLE = "name", "table"
# Topic and facet that were under discussion before a message
BEFORE = "before"
ROLE = "role"  # what an utterance serves for in the rankers
FOREIGN = "foreign"  # whether it asks about something that the article never speaks of


def topic_names(store: ContentStore) -> Dict[str, str]:
    """Every topic's names, each with the topic's id."""
    return {name: topic.id for topic in store.topics.values() for name in topic.names}


def _labels(topic: Topic) -> Dict[str, Any]:
    elsewhere = [facet.value for facet in topic.instead]
    return {TOPIC: topic.id, TOPIC_KIND: topic.kind.value, TOPIC_DEFAULT: topic.default_facet.value, TOPIC_ELSEWHERE: elsewhere}


def content_examples(store: ContentStore) -> List[Message]:
    """One training message a question (answered or not), description and name; all carry their topic.

    Questions carry the intent of their facet, but for those of an entry that answers several facets: they may ask for any of these ("how can
    I avoid it" under an overview). Neither do descriptions and names, which say what is meant but not what is asked.
    """
    messages = []
    for answer in store.entries():
        about = {**_labels(answer.topic), FACET: answer.facet.value, ALSO_ANSWERS: [facet.value for facet in answer.entry.also_answers]}
        for question in answer.entry.questions:
            text = {EXAMPLE: question} if answer.entry.also_answers else {TEXT: question, INTENT: intent_of(answer.facet)}
            messages.append(Message(data={**text, **about}))
    for topic in store.topics.values():
        for facet, questions in topic.not_covered.items():
            messages.extend(Message(data={TEXT: question, INTENT: intent_of(facet), **_labels(topic)}) for question in questions)
        messages.extend(Message(data={EXAMPLE: name.replace(GAP, " "), NAME: name, **_labels(topic)}) for name in topic.names)
        messages.extend(Message(data={EXAMPLE: description, **_labels(topic)}) for description in topic.descriptions)
    return messages


def utterance_examples(utterances: List[Utterance], store: ContentStore) -> List[Message]:
    """One training message an utterance. One about a topic that the store does not have (any more) is left out."""
    messages = []
    for utterance in utterances:
        topic = store.topics.get(utterance.topic or "")
        if topic is None and utterance.topic not in (None, NONE, UNCLEAR):
            continue
        data: Dict[str, Any] = {TEXT: utterance.text, INTENT: utterance.intent} if utterance.intent else {EXAMPLE: utterance.text}
        data[ROLE] = (Role.held_out if utterance.held_out else Role.learnt).value
        if utterance.topic:
            data.update(_labels(topic) if topic else {TOPIC: utterance.topic})
        if utterance.about_foreign_thing is not None:
            data[FOREIGN] = utterance.about_foreign_thing
        if utterance.before:
            data[BEFORE] = [utterance.before[0], utterance.before[1].value]
        messages.append(Message(data=data))
    return messages


def mention_examples(tables: Dict[str, List[str]]) -> List[Message]:
    """One message a thing mentioned, with its table."""
    return [Message(data={NAME: name, TABLE: table}) for table, names in tables.items() for name in names]


def annotated_questions(store: ContentStore) -> TrainingData:
    """The same questions for a pipeline that learns from intents, entities and synonyms alone, as Rasa's default does."""
    linker = TopicLinker(topic_names(store))
    messages = []
    for answer in store.entries():
        for question in answer.entry.questions:
            entities = [{"start": link.start, "end": link.end, "value": link.label, "entity": TOPIC_ENTITY} for link in linker.link(question)]
            messages.append(Message(data={TEXT: question, INTENT: intent_of(answer.facet), **({ENTITIES: entities} if entities else {})}))
    return TrainingData(messages, entity_synonyms=topic_names(store))


class ContentImporter(RasaFileImporter):
    """Rasa's file importer, with the content store and the utterances beside the files under ``data/``.

    So a change of content changes the training data's fingerprint, and ``rasa train`` retrains what depends on it.
    """

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        annotate_only: bool = False,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._annotate_only = annotate_only

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """Raises ``InvalidFile`` where a content file has a fault."""
        store = load_store()
        said = utterance_examples(load_utterances(UTTERANCES_FOLDER), store)
        examples = [*content_examples(store), *said, *mention_examples(load_mentions())]
        content = annotated_questions(store) if self._annotate_only else TrainingData(examples)
        return super().get_nlu_data(language).merge(content)
