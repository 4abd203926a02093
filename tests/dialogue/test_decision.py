"""Which kind of reply a message gets, for given understandings."""

from dataclasses import replace

import pytest

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.decision import Context, Kind, decide
from rasa_project.dialogue.thresholds import Thresholds
from rasa_project.dialogue.understanding import TopicScore, Understanding
from rasa_project.ranking.labels import BODY_ELSEWHERE, NONE, UNCLEAR

LIMITS = Thresholds(
    out_of_scope_above=0.45,
    trust_in_intent=0.3,
    certain=0.95,
    same_as_example=0.8,
    ask_back_below=0.4,
    option_above=0.12,
    not_covered_above=0.4,
    comparison_above=0.8,
    only_describes_above=0.6,
    foreign_above=0.6,
    foreign_listed_above=0.1,
)


def score(topic: str, probability: float = 0.9, facet: Facet = Facet.overview, similarity: float = 0.5) -> TopicScore:
    return TopicScore(topic, probability, similarity, ((facet, 0.9),))


def asked(text: str = "a question of some kind", **known: object) -> Understanding:
    return Understanding(text, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "   ", "😭😭", "?!"])
def test_without_a_word_the_bot_asks(store: ContentStore, text: str) -> None:
    assert decide(asked(text), Context(), store, LIMITS).kind is Kind.question


def test_a_covered_facet_is_answered(store: ContentStore) -> None:
    decision = decide(asked(intent="ask_causes", topics=(score("sciatica", facet=Facet.causes),)), Context(), store, LIMITS)
    assert decision.kind is Kind.answer and decision.answer
    assert (decision.answer.topic.id, decision.answer.facet) == ("sciatica", Facet.causes)


def test_a_facet_that_the_article_lacks_is_not_covered(store: ContentStore) -> None:
    decision = decide(asked(intent="ask_treatment", topics=(score("sciatica", facet=Facet.treatment),)), Context(), store, LIMITS)
    assert (decision.kind, decision.topic and decision.topic.id, decision.facet) == (Kind.not_covered, "sciatica", Facet.treatment)


def test_a_facet_that_another_topic_answers_goes_there(store: ContentStore) -> None:
    decision = decide(asked(intent="ask_diagnosis", topics=(score("bursitis", facet=Facet.diagnosis),)), Context(), store, LIMITS)
    assert decision.answer and decision.answer.topic.id == "diagnosis"


def test_what_is_about_something_else_is_declined(store: ContentStore) -> None:
    understood = asked(intent="out_of_scope", intents={"out_of_scope": 0.8}, topics=(score(NONE, 0.9), score("sciatica", 0.05)))
    assert decide(understood, Context(), store, LIMITS).kind is Kind.out_of_scope


def test_between_two_unlikely_topics_the_bot_asks_with_options(store: ContentStore) -> None:
    decision = decide(asked(intent="ask_causes", topics=(score("lifting", 0.3), score("prolonged_sitting", 0.28))), Context(), store, LIMITS)
    assert decision.kind is Kind.question
    assert [option.topic.id for option in decision.options] == ["lifting", "prolonged_sitting"]


def test_a_question_without_a_topic_is_asked_back(store: ContentStore) -> None:
    asks_causes = {"intent": "ask_causes", "intents": {"ask_causes": 0.9}}
    understood = asked("what causes it", topics=(score(UNCLEAR, 0.8), score("bursitis", 0.1, Facet.causes)), **asks_causes)
    decision = decide(understood, Context(), store, LIMITS)
    assert (decision.kind, decision.facet, decision.options[0].topic.id) == (Kind.question, Facet.causes, "bursitis")
    assert len(decision.options) == 3 and {option.facet for option in decision.options} == {Facet.causes}


def test_a_bare_name_after_that_question_gets_the_facet_that_was_asked(store: ContentStore) -> None:
    understood = asked("of sciatica", named=("sciatica",), only_names=True, topics=(score("sciatica"),))
    decision = decide(understood, Context(None, Facet.causes), store, LIMITS)
    assert decision.answer and (decision.answer.topic.id, decision.answer.facet) == ("sciatica", Facet.causes)


def test_those_two_are_what_was_spoken_of_last(store: ContentStore) -> None:
    understood = asked("how are those two different", intents={"ask_comparison": 0.9}, topics=(score("bursitis", facet=Facet.comparison),))
    decision = decide(understood, Context("bursitis", Facet.overview, ("arthritis", "sciatica", "bursitis")), store, LIMITS)
    assert decision.answer and decision.answer.topic.id == "sciatica_vs_bursitis"


def test_another_body_part_leads_away_at_the_start_but_not_within_a_stretch(store: ContentStore) -> None:
    start = asked("where do my arms go", intent="ask_steps", topics=(score("childs_pose", 0.9, Facet.steps),), tables=frozenset({BODY_ELSEWHERE}))
    assert decide(start, Context(), store, LIMITS).kind is Kind.out_of_scope
    within = replace(start, before=("childs_pose", Facet.steps))
    decision = decide(within, Context("childs_pose", Facet.steps), store, LIMITS)
    assert decision.answer and (decision.answer.topic.id, decision.answer.facet) == ("childs_pose", Facet.steps)


def test_a_bare_name_keeps_the_facet_under_discussion(store: ContentStore) -> None:
    understood = asked("what about bursitis", named=("bursitis",), only_names=True, topics=(score("bursitis"),))
    decision = decide(understood, Context("sciatica", Facet.symptoms), store, LIMITS)
    assert decision.answer and (decision.answer.topic.id, decision.answer.facet) == ("bursitis", Facet.symptoms)


def test_a_bare_name_without_context_says_what_it_is(store: ContentStore) -> None:
    understood = asked("bursitis", named=("bursitis",), only_names=True, topics=(score("bursitis"),))
    decision = decide(understood, Context(), store, LIMITS)
    assert decision.answer and decision.answer.facet is Facet.overview


def test_a_comparison_of_two_named_conditions_uses_their_entry(store: ContentStore) -> None:
    understood = asked(
        intent="ask_comparison",
        intents={"ask_comparison": 0.9},
        named=("bursitis", "sciatica"),
        topics=(score("bursitis", 0.6), score("sciatica", 0.3)),
    )
    decision = decide(understood, Context(), store, LIMITS)
    assert decision.answer and decision.answer.topic.id == "sciatica_vs_bursitis"


@pytest.mark.parametrize("foreign, expected", [(0.3, Kind.not_covered), (0.05, Kind.answer)], ids=["asked about", "named in passing"])
def test_a_listed_treatment_that_the_article_never_names_is_not_covered(store: ContentStore, foreign: float, expected: Kind) -> None:
    understood = asked(
        "does acupuncture help",
        intent="ask_treatment",
        intents={"ask_treatment": 0.9},
        topics=(score("muscle_strain", facet=Facet.treatment),),
        foreign=foreign,
        tables=frozenset({"not_covered_treatment"}),
        things=("acupuncture",),
    )
    decision = decide(understood, Context(), store, LIMITS)
    assert decision.kind is expected and decision.thing == ("acupuncture" if expected is Kind.not_covered else None)


@pytest.mark.parametrize("foreign, expected", [(0.9, Kind.not_covered), (0.3, Kind.answer)])
def test_a_thing_on_no_list_is_not_covered_where_it_is_likely_foreign(store: ContentStore, foreign: float, expected: Kind) -> None:
    understood = asked(
        "does a copper hula hoop help a slipped disc",
        intent="ask_treatment",
        intents={"ask_treatment": 0.9},
        topics=(score("herniated_disc", facet=Facet.treatment),),
        named=("herniated_disc",),
        foreign=foreign,
    )
    decision = decide(understood, Context(), store, LIMITS)
    assert (decision.kind, decision.about) == (expected, ("herniated_disc", Facet.treatment))
    assert decision.foreign is (expected is Kind.not_covered)


def test_a_payload_is_answered_from_its_intent_and_entity(store: ContentStore) -> None:
    understood = asked('/ask_causes{"topic":"arthritis"}', intent="ask_causes", intents={"ask_causes": 1.0}, named=("arthritis",))
    decision = decide(understood, Context("sciatica"), store, LIMITS)
    assert decision.answer and (decision.answer.topic.id, decision.answer.facet) == ("arthritis", Facet.causes)


def test_more_goes_on_to_the_next_entry_and_offers_a_choice_after_the_last(store: ContentStore) -> None:
    facets = list(store.topics["bursitis"].facets)
    following = decide(asked("tell me more", intent="ask_more"), Context("bursitis", facets[0]), store, LIMITS)
    assert following.answer and following.answer.facet is facets[1]
    assert decide(asked("tell me more", intent="ask_more"), Context("bursitis", facets[-1]), store, LIMITS).kind is Kind.question


@pytest.mark.parametrize(
    "text, only",
    [("sciatica", True), ("and sciatica?", True), ("what about the sciatica", True), ("what is sciatica", False), ("sciatica treatment", False)],
)
def test_a_bare_name_is_told_from_a_question(text: str, only: bool) -> None:
    start = text.index("sciatica")
    entity = {"entity": "topic", "value": "sciatica", "start": start, "end": start + len("sciatica")}
    assert Understanding.from_parse_data({"text": text, "entities": [entity]}).only_names is only
