"""What the encoder has learnt from, and that it learns."""

import numpy as np

from rasa_project.content.importer import BEFORE, EXAMPLE, ROLE, TOPIC, utterance_examples
from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.encoder.learnt import is_held_out, learnt_from
from rasa_project.encoder.sentence_encoder import TUNED_WEIGHTS, SentenceEncoder, context_words
from rasa_project.ranking.labels import NONE, UNCLEAR
from rasa_project.utterances.examples import Utterance
from rasa_project.utterances.training import training_fingerprint


def test_the_shipped_weights_were_learnt_from_the_shipped_utterances() -> None:
    assert learnt_from(TUNED_WEIGHTS) == training_fingerprint(), "run: python -m rasa_project train-encoder"


def held_out(text: str) -> str:
    """The text with as many dots as make it one that the encoder does not learn from."""
    return next(tried for tried in (text + "." * count for count in range(200)) if is_held_out(tried))


def test_utterances_become_training_messages_that_say_what_they_serve_for(store: ContentStore) -> None:
    seen = next(text for text in (f"why {number}" for number in range(99)) if not is_held_out(text))
    utterances = [
        Utterance(seen, None, "sciatica", "ask_causes"),
        Utterance(held_out("and arthritis"), ("sciatica", Facet.causes), "arthritis", "ask_causes"),
        Utterance(held_out("symptoms"), None, UNCLEAR, None),
        Utterance(held_out("book me in"), None, NONE, "administration"),
        Utterance(held_out("of a topic that is gone"), None, "no_such_topic", "ask_causes"),
    ]
    learnt, going_on, unclear, outside = utterance_examples(utterances, store)
    assert [message.get(ROLE) for message in (learnt, going_on, unclear, outside)] == ["learnt", "held_out", "held_out", "held_out"]
    assert (going_on.get("intent"), going_on.get(TOPIC), going_on.get(BEFORE)) == ("ask_causes", "arthritis", ["sciatica", "causes"])
    assert (unclear.get("text"), unclear.get(EXAMPLE), unclear.get(TOPIC)) == (None, held_out("symptoms"), UNCLEAR)
    assert (outside.get("intent"), outside.get(TOPIC)) == ("administration", NONE)


def test_a_follow_up_is_encoded_near_the_question_that_it_stands_for() -> None:
    encoder = SentenceEncoder()
    bursitis = context_words("bursitis", Facet.symptoms)
    going_on, full, without = encoder.encode(["and what brings it on", "what causes hip bursitis", "and what brings it on"], [bursitis, "", ""])
    assert going_on @ full > without @ full


def test_fine_tuning_changes_the_upper_layers_and_keeps_no_head() -> None:
    from rasa_project.encoder.weights import load_config, load_weights
    from rasa_project.utterances.network import fine_tune

    texts = [[101, 2054 + shift, 3000 + shift, 102] for shift in range(8)]
    labels = [["a", "b"] * 4, ["x", None] * 4]
    tensors = fine_tune(load_weights(), load_config(), texts, labels)
    published = load_weights()
    assert set(tensors) < set(published) and all(tensors[name].shape == published[name].shape for name in tensors)
    assert not any(name.startswith(("embeddings.", "encoder.layer.0.", "head.")) for name in tensors)
    assert any(not np.array_equal(tensors[name], published[name]) for name in tensors)
