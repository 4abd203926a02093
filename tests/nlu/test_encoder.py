"""The sentence encoder gives what the published model gives."""

from pathlib import Path
from typing import List

import numpy as np
import pytest

from rasa_project.encoder.remembered import cache_file, encode_remembering
from rasa_project.encoder.sentence_encoder import SentenceEncoder


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


def test_vectors_have_the_models_size_and_length_one(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(["hip pain", "", "a much longer sentence about something else altogether, to make a padded batch"])
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_batch_gives_the_same_as_one_by_one_in_the_order_asked(encoder: SentenceEncoder) -> None:
    texts = ["what is sciatica and where does it come from", "hi", "how do I lift a box"]
    np.testing.assert_allclose(encoder.encode(texts), np.concatenate([encoder.encode([text]) for text in texts]), atol=1e-5)


def test_similar_sentences_are_nearer_than_others(encoder: SentenceEncoder) -> None:
    asked, same, other = encoder.encode(["how is sciatica treated", "treatment for sciatic nerve pain", "train times to London"])
    assert asked @ same > 0.7 > 0.3 > asked @ other


def test_nothing_in_nothing_out(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_remembered_embeddings_are_the_same_and_a_damaged_cache_is_made_anew(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_BOT_CACHE", str(tmp_path))
    texts = ["what is sciatica", "hi", "what is sciatica"]
    expected = encoder.encode(texts)
    first = encode_remembering(encoder, texts)
    asked: List[str] = []
    monkeypatch.setattr(encoder, "encode", lambda some, contexts: asked.extend(some) or np.zeros((len(some), 384), dtype=np.float32))
    again = encode_remembering(encoder, [*texts, "a new one"])
    assert asked == ["a new one"]
    np.testing.assert_allclose(first, expected, atol=1e-5)
    np.testing.assert_array_equal(again[:3], first)
    cache_file().write_bytes(b"damaged")
    asked.clear()
    encode_remembering(encoder, texts)
    assert asked == ["what is sciatica", "hi"]
