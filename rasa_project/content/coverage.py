"""Proves the content store against the article: every content paragraph is cited."""

from typing import Dict, List

from rasa_project.content.schema import ReviewState
from rasa_project.content.store import ContentStore


def citations(store: ContentStore) -> Dict[str, List[str]]:
    """For each content paragraph of the article, the entries ("topic.facet") that cite it."""
    cited: Dict[str, List[str]] = {number: [] for number in store.article.content_paragraphs()}
    for answer in store.entries():
        for paragraph in answer.entry.paragraphs:
            if paragraph in cited:
                cited[paragraph].append(f"{answer.topic.id}.{answer.facet.value}")
    return cited


def uncited(store: ContentStore) -> List[str]:
    """Content paragraphs that no entry rests on."""
    return [number for number, entries in citations(store).items() if not entries]


def review_states(store: ContentStore) -> Dict[str, int]:
    """How many entries are in each state of review."""
    return {state.value: sum(answer.entry.review.state is state for answer in store.entries()) for state in ReviewState}
