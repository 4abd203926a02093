"""The article that every answer rests on."""

from pathlib import Path
from typing import Dict, List, Sequence

from rasa_project.content.schema import StrictModel
from rasa_project.validation import load_model


class Section(StrictModel):
    heading: str
    heading_paragraph: str
    paragraphs: Dict[str, str]


class Article(StrictModel):
    """``data/article.yml``: numbered paragraphs under their headings."""

    title: str
    sections: List[Section]
    not_content: Dict[str, str] = {}

    def content_paragraphs(self) -> List[str]:
        """Numbers of the paragraphs that state something, in reading order."""
        return [number for section in self.sections for number in section.paragraphs]

    def sources(self, paragraphs: Sequence[str]) -> List[dict]:
        """The cited paragraphs by section, as ``[{"section": heading, "paragraphs": ["P57"]}]``, in reading order."""
        cited = set(paragraphs)
        found = []
        for section in self.sections:
            numbers = [number for number in (section.heading_paragraph, *section.paragraphs) if number in cited]
            if numbers:
                found.append({"section": section.heading, "paragraphs": numbers})
        return found

    def knows(self, paragraph: str) -> bool:
        return any(paragraph == section.heading_paragraph or paragraph in section.paragraphs for section in self.sections)


def load_article(path: Path) -> Article:
    """Raises ``InvalidFile`` where the file cannot be used."""
    return load_model(path, Article)
