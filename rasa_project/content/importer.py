"""Makes the content store's example questions part of Rasa's training data."""
from typing import Any, Dict, List, Optional, Text, Union

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.linking import TopicLinker
from rasa_project.content.schema import Topic
from rasa_project.content.store import ContentStore, load_store
from rasa_project.intents import TOPIC_ENTITY, intent_of



TOPIC, TOPIC_KIND = "topic_label", "topic_kind"  # what an example is about, for the topic ranker


def topic_names(store: ContentStore) -> Dict[str, str]:
    """Every topic's names, each with the topic's id: Rasa's entity synonyms."""
    return {name: topic.id for topic in store.topics.values() for name in topic.names}


def content_examples(store: ContentStore, label_shared_entries: bool = False) -> List[Message]:
    """One training message a question, description and name; all carry their topic.

    Questions carry the intent of their facet and, where they name a topic, the entity. A question of an entry that answers several facets
    may ask for any of them ("how can I avoid it" under an overview), so it carries no intent unless ``label_shared_entries``; neither do
    descriptions and names, which say what is meant but not what is asked.
    """
    linker = TopicLinker(topic_names(store))
    messages = []
    for answer in store.entries():
        for question in answer.entry.questions:
            data: Dict[str, Any] = {TEXT: question, **_labels(answer.topic)}
            if label_shared_entries or not answer.entry.also_answers:
                data[INTENT] = intent_of(answer.facet)
            links = linker.link(question)
            if links:
                data[ENTITIES] = [{"start": link.start, "end": link.end, "value": link.topic, "entity": TOPIC_ENTITY} for link in links]
            messages.append(Message(data=data))
    for topic in store.topics.values():
        messages.extend(Message(data={TEXT: text, **_labels(topic)}) for text in (*topic.names, *topic.descriptions))
    return messages


def _labels(topic: Topic) -> Dict[str, str]:
    return {TOPIC: topic.id, TOPIC_KIND: topic.kind.value}


class ContentImporter(RasaFileImporter):
    """Rasa's file importer, with the content store beside the files under ``data/``.

    So a change of content changes the training data's fingerprint, and ``rasa train`` retrains what depends on it.
    """

    def __init__(
        self,
        config_file: Optional[Text] = None,
        domain_path: Optional[Text] = None,
        training_data_paths: Optional[Union[List[Text], Text]] = None,
        label_shared_entries: bool = False,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._label_shared_entries = label_shared_entries

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        """Raises ``InvalidFile`` where a content file has a fault."""
        store = load_store()
        content = TrainingData(content_examples(store, self._label_shared_entries), entity_synonyms=topic_names(store))
        return super().get_nlu_data(language).merge(content)
