"""Makes a patient's question part of the training data: of an entry, of a new entry, or of what is out of scope."""

import copy
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from rasa_project.content.schema import Facet, ReviewState, Topic
from rasa_project.content.store import ContentStore, load_store
from rasa_project.insights import insertion
from rasa_project.insights.insertion import CannotInsert
from rasa_project.insights.redaction import GAP, cleaned
from rasa_project.insights.store import Insight
from rasa_project.intents import OUT_OF_SCOPE, intent_of
from rasa_project.settings import ARTICLE_FILE, CONTENT_FOLDER, PROJECT_FOLDER
from rasa_project.validation import InvalidFile, load_model, read_yaml

NLU_FOLDER = PROJECT_FOLDER / "data" / "nlu"
OUT_OF_SCOPE_FILE = "out_of_scope.yml"
MOST_CHARACTERS = 300
REVIEW_NOTE = "A command created this entry from a patient's question. Its words need review: check them against the paragraphs of the article."


class CannotAdopt(ValueError):
    """A question cannot become a training phrase; says why and what to do."""


class Adoption:
    """Adds training phrases to the files of a project.

    Args:
        content: folder of the topics.
        article: file of the article.
        nlu: folder of Rasa's training data.

    Raises:
        CannotAdopt: the content has faults already.
    """

    def __init__(self, content: Path = CONTENT_FOLDER, article: Path = ARTICLE_FILE, nlu: Path = NLU_FOLDER) -> None:
        self._content, self._article, self._nlu = content, article, nlu
        self._store = self._loaded()

    def add_question(self, topic_id: str, facet_name: str, text: str, answer: Optional[str] = None, paragraphs: Sequence[str] = ()) -> str:
        """Adds an example question to an entry; says where.

        Args:
            answer, paragraphs: what a new entry says and rests on, where the topic has none for this facet.

        Raises:
            CannotAdopt: nothing has changed then.
        """
        topic, facet = self._topic(topic_id), _facet(facet_name)
        phrase = phrase_of(text)
        self._refuse_known(phrase, intent_of(facet))
        path = self._content / f"{topic.id}.yml"
        own = self._own_facet(topic, facet)
        before = insertion.read(path)
        expected = insertion.parsed(before)
        try:
            if own is not None:
                if answer is not None or paragraphs:
                    raise CannotAdopt(f"topic '{topic.id}' answers '{facet.value}' already ('{own.value}'); leave out --answer and --paragraphs.")
                after = insertion.with_item(before, ["facets", own.value, "questions"], phrase)
                expected["facets"][own.value]["questions"].append(phrase)
                where = f"{path}: facets -> {own.value} -> questions"
            else:
                entry = self._new_entry(topic, facet, phrase, answer, paragraphs)
                after = insertion.with_key(before, ["facets"], lambda column: _entry_lines(facet, entry, column))
                expected["facets"][facet.value] = entry
                if facet in topic.not_covered:  # its questions have an answer now
                    last = len(topic.not_covered) == 1
                    after = insertion.without_key(after, ["not_covered"] if last else ["not_covered", facet.value])
                    expected.pop("not_covered") if last else expected["not_covered"].pop(facet.value)
                where = f"{path}: facets -> {facet.value} (a new entry that needs review)"
            self._save(path, after, expected)
        except (CannotInsert, OSError) as error:
            raise CannotAdopt(f"{path}: {error}.") from None
        return where

    def add_out_of_scope(self, text: str) -> str:
        """Adds a phrase to what the bot declines; says where.

        Raises:
            CannotAdopt: nothing has changed then.
        """
        phrase = phrase_of(text)
        if re.search(r"[\[\](){}]", phrase):
            raise CannotAdopt('brackets mark entities in Rasa\'s training data; give the words without them: --text "...".')
        self._refuse_known(phrase, None)
        path = self._nlu / OUT_OF_SCOPE_FILE
        try:
            before = insertion.read(path)
            after = insertion.with_example(before, OUT_OF_SCOPE, phrase)
            expected = _with_example(insertion.parsed(before), phrase)
            if _by_line(insertion.parsed(after)) != _by_line(expected):
                raise CannotAdopt(f"{path}: this phrase does not read back as it was written; add it by hand.")
            insertion.save(path, after, lambda: read_yaml(path))
        except (CannotInsert, InvalidFile, OSError) as error:
            raise CannotAdopt(f"{path}: {error}.") from None
        return f"{path}: intent {OUT_OF_SCOPE}"

    def _loaded(self) -> ContentStore:
        try:
            return load_store(self._content, self._article)
        except InvalidFile as error:
            raise CannotAdopt(f"{error}\nMend these faults of the content first ('make check' lists them), then adopt.") from None

    def _topic(self, topic_id: str) -> Topic:
        topic = self._store.topics.get(topic_id)
        if topic is None:
            raise CannotAdopt(f"there is no topic '{topic_id}'; choose one of: {', '.join(self._store.topics)}.")
        return topic

    @staticmethod
    def _own_facet(topic: Topic, facet: Facet) -> Optional[Facet]:
        """The facet of the topic's own entry that answers this one."""
        if facet in topic.facets:
            return facet
        elsewhere = topic.instead.get(facet)
        if elsewhere is not None:
            raise CannotAdopt(
                f"'{facet.value}' of '{topic.id}' has its answer elsewhere: use --topic {elsewhere.topic} --facet {elsewhere.facet.value}."
            )
        return next((own for own, entry in topic.facets.items() if facet in entry.also_answers), None)

    def _new_entry(self, topic: Topic, facet: Facet, phrase: str, answer: Optional[str], paragraphs: Sequence[str]) -> Dict[str, Any]:
        if answer is None or not cleaned(answer) or not paragraphs:
            covered = ", ".join(known.value for known in topic.facets)
            raise CannotAdopt(
                f"topic '{topic.id}' has no entry '{facet.value}' (it has: {covered}). Choose one of these, or write the entry with "
                f'--answer "..." --paragraphs P5,P6 (the paragraphs of data/article.yml that it rests on).'
            )
        unknown = [paragraph for paragraph in paragraphs if not self._store.article.knows(paragraph)]
        if unknown:
            raise CannotAdopt(f"the article has no paragraph {', '.join(unknown)}; data/article.yml lists them, such as P5.")
        return {
            "lead": cleaned(answer),
            "paragraphs": list(paragraphs),
            "review": {"state": ReviewState.needs_review.value, "notes": [REVIEW_NOTE]},
            "questions": [*topic.not_covered.get(facet, []), phrase],
        }

    def _save(self, path: Path, after: str, expected: Any) -> None:
        """Writes a topic if it then says what it should and the store can be loaded with it."""
        if insertion.parsed(after) != expected:
            raise CannotAdopt(f"{path}: this text does not read back as it was written; add it by hand.")
        try:
            load_model(path, Topic, expected)
            insertion.save(path, after, lambda: load_store(self._content, self._article))
        except InvalidFile as error:
            raise CannotAdopt(f"{error}\nThe file is as it was before. Correct what you gave, then adopt again.") from None

    def _refuse_known(self, phrase: str, intent: Optional[str]) -> None:
        """A phrase stands in one place only: twice it would teach two things.

        Args:
            intent: the one under which it may be in Rasa's training data as well.
        """
        for place, known_intent, known in self._known_phrases():
            if _plain(known) == _plain(phrase) and (known_intent is None or known_intent != intent):
                raise CannotAdopt(f'"{phrase}" is a training phrase already ({place}). Change it there, or use other words: --text "...".')

    def _known_phrases(self) -> List[Tuple[str, Optional[str], str]]:
        """Place, intent (``None`` for the content store) and text of every training phrase."""
        found: List[Tuple[str, Optional[str], str]] = [
            (f"topic {answer.topic.id}, facet {answer.facet.value}", None, question)
            for answer in self._store.entries()
            for question in answer.entry.questions
        ]
        for path in sorted(self._nlu.glob("*.yml")):
            try:
                blocks = (read_yaml(path) or {}).get("nlu") or []
            except InvalidFile as error:
                raise CannotAdopt(f"{error}\nMend this file first.") from None
            for block in blocks:
                if "intent" in block:
                    lines = str(block.get("examples") or "").splitlines()
                    found += [(f"{path.name}, intent {block['intent']}", block["intent"], line.lstrip()[2:]) for line in lines]
        return found


def kept_words(insight: Insight) -> str:
    """The patient's words, to be made a training phrase.

    Raises:
        CannotAdopt: they were not kept, or have gaps where words were left out.
    """
    if not insight.text:
        raise CannotAdopt(f'the words of {insight.id} were not kept; write the question, without personal details: --text "...".')
    if GAP in insight.text:
        raise CannotAdopt(f'words were left out of "{insight.text}"; write the question in full, without personal details: --text "...".')
    return insight.text


def phrase_of(text: str) -> str:
    """A text as a training phrase.

    Raises:
        CannotAdopt: it is none.
    """
    phrase = cleaned(text)
    if not any(character.isalpha() for character in phrase) or phrase.startswith("/"):
        raise CannotAdopt('there are no words in it; write a question: --text "...".')
    if len(phrase) > MOST_CHARACTERS:
        raise CannotAdopt(f'it has {len(phrase)} characters; write the question in at most {MOST_CHARACTERS}: --text "...".')
    return phrase


def _facet(name: str) -> Facet:
    if name not in Facet.__members__:
        raise CannotAdopt(f"there is no facet '{name}'; choose one of: {', '.join(facet.value for facet in Facet)}.")
    return Facet(name)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", "")))


def _entry_lines(facet: Facet, entry: Dict[str, Any], column: int) -> List[str]:
    key, inner = " " * column, " " * (column + 2)
    return [
        f"{key}{facet.value}:",
        f"{inner}lead: >-",
        *insertion.folded(entry["lead"], column + 4),
        f"{inner}paragraphs: [{', '.join(entry['paragraphs'])}]",
        f"{inner}review:",
        f"{inner}  state: {entry['review']['state']}",
        f"{inner}  notes:",
        *(line for note in entry["review"]["notes"] for line in (f"{inner}    - >-", *insertion.folded(note, column + 8))),
        f"{inner}questions:",
        *(f"{inner}  - {insertion.scalar(question)}" for question in entry["questions"]),
    ]


def _with_example(data: Any, phrase: str) -> Any:
    data = copy.deepcopy(data)
    block = next(block for block in data["nlu"] if block.get("intent") == OUT_OF_SCOPE)
    block["examples"] = block["examples"].rstrip("\n") + f"\n- {phrase}\n"
    return data


def _by_line(data: Any) -> List[Tuple[Any, List[str]]]:
    """Training data by block, whatever blank lines end it."""
    return [({k: v for k, v in block.items() if k != "examples"}, str(block.get("examples") or "").rstrip().splitlines()) for block in data["nlu"]]
