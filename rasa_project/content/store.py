"""Loads the topics, checks them against each other and against the article, and looks answers up."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from rasa_project.content.article import Article, load_article
from rasa_project.content.schema import Entry, Facet, Topic, TopicKind
from rasa_project.settings import ARTICLE_FILE, CONTENT_FOLDER, DRAWINGS_FOLDER
from rasa_project.validation import InvalidFile, load_model

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """One entry together with where it stands."""

    topic: Topic
    facet: Facet
    entry: Entry


@dataclass
class ContentStore:
    """All topics in memory. ``broken`` lists the files that could not be used, with their faults."""

    article: Article
    topics: Dict[str, Topic]
    broken: Dict[str, List[str]] = field(default_factory=dict)

    @property
    def general_topic(self) -> Optional[Topic]:
        """The topic that stands in where a patient names none."""
        return next((topic for topic in self.topics.values() if topic.kind is TopicKind.general), None)

    def answer(self, topic_id: str, facet: Facet) -> Optional[Answer]:
        """The entry for this topic and facet: its own, one that answers the facet as well, or another topic's."""
        topic = self.topics.get(topic_id)
        if topic is None:
            return None
        if facet in topic.facets:
            return Answer(topic, facet, topic.facets[facet])
        for own_facet, entry in topic.facets.items():
            if facet in entry.also_answers:
                return Answer(topic, own_facet, entry)
        elsewhere = topic.instead.get(facet)
        other = self.topics.get(elsewhere.topic) if elsewhere else None
        if elsewhere and other and elsewhere.facet in other.facets:
            return Answer(other, elsewhere.facet, other.facets[elsewhere.facet])
        return None

    def comparison(self, topic_ids: List[str]) -> Optional[Answer]:
        """The entry that compares exactly these topics."""
        for topic in self.topics.values():
            if topic.compares and set(topic.compares) == set(topic_ids) and Facet.comparison in topic.facets:
                return Answer(topic, Facet.comparison, topic.facets[Facet.comparison])
        return None

    def entries(self) -> List[Answer]:
        return [Answer(topic, facet, entry) for topic in self.topics.values() for facet, entry in topic.facets.items()]


def _cross_check(topics: Dict[str, Tuple[Path, Topic]], article: Article) -> Dict[Path, List[str]]:
    problems: Dict[Path, List[str]] = {}
    owners: Dict[str, str] = {}

    def note(path: Path, text: str) -> None:
        problems.setdefault(path, []).append(f"{path}: {text}")

    for topic_id, (path, topic) in topics.items():
        if path.stem != topic_id:
            note(path, f"id: is {topic_id!r}, but the file is called {path.name!r}; make them the same")
        for key in ("related", "compares"):
            for position, other in enumerate(getattr(topic, key)):
                if other not in topics:
                    note(path, f"{key} -> {position}: there is no topic {other!r}; correct or remove it")
        for facet, redirect in topic.instead.items():
            if redirect.topic not in topics or redirect.facet not in topics[redirect.topic][1].facets:
                note(path, f"instead -> {facet.value}: topic {redirect.topic!r} has no entry {redirect.facet.value!r}; name one that exists")
        for position, name in enumerate(topic.names):
            owner = owners.setdefault(name.lower(), topic_id)
            if owner != topic_id:
                note(path, f"names -> {position}: {name!r} is also a name of topic {owner!r}; keep it in one of the two")
        for facet, entry in topic.facets.items():
            for position, paragraph in enumerate(entry.paragraphs):
                if not article.knows(paragraph):
                    note(path, f"facets -> {facet.value} -> paragraphs -> {position}: the article has no paragraph {paragraph}; correct the number")
            for position, drawing in enumerate(entry.drawings):
                if not (DRAWINGS_FOLDER / drawing.file).is_file():
                    note(path, f"facets -> {facet.value} -> drawings -> {position}: there is no data/drawings/{drawing.file}; remove it")
    generals = [(path, topic) for path, topic in topics.values() if topic.kind is TopicKind.general]
    for path, _ in generals[1:]:
        note(path, f"kind: 'general' is taken by topic {generals[0][1].id!r}; only one topic stands in where none is named")
    return problems


def load_store(folder: Path = CONTENT_FOLDER, article_file: Path = ARTICLE_FILE, strict: bool = True) -> ContentStore:
    """Reads every ``*.yml`` file of the content folder.

    Args:
        strict: refuse a store with any fault. Otherwise files with faults are left out and listed in ``broken``, so that a bot in service
            keeps answering from the rest.

    Raises:
        InvalidFile: the article is unusable, no topic is usable, or (strict) any file has a fault.
    """
    article = load_article(article_file)
    topics: Dict[str, Tuple[Path, Topic]] = {}
    broken: Dict[Path, List[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            topic = load_model(path, Topic)
        except InvalidFile as error:
            broken[path] = error.problems
            continue
        if topic.id in topics:
            broken[path] = [f"{path}: id: {topic.id!r} is already the id of {topics[topic.id][0].name}; give each topic its own"]
            continue
        topics[topic.id] = (path, topic)
    for path, problems in _cross_check(topics, article).items():
        broken.setdefault(path, []).extend(problems)
    if strict and broken:
        raise InvalidFile([line for problems in broken.values() for line in problems])
    # A file that only points at a missing topic can still answer; only files that failed on their own are left out.
    usable = {topic_id: topic for topic_id, (path, topic) in topics.items()}
    if not usable:
        raise InvalidFile([line for problems in broken.values() for line in problems] or [f"{folder}: no topic files (*.yml) found here."])
    for problems in broken.values():
        for line in problems:
            logger.error("Content: %s", line)
    return ContentStore(article, usable, {path.stem: problems for path, problems in broken.items()})
