"""Names that training data, graph components and actions share."""

from typing import Optional

from rasa_project.content.schema import Facet

FACET_INTENT_PREFIX = "ask_"
DESCRIBE_PAIN = "describe_pain"
ASK_MORE = "ask_more"
OUT_OF_SCOPE = "out_of_scope"
FALLBACK = "nlu_fallback"
CHITCHAT = ("greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "capabilities", "smalltalk")

TOPIC_ENTITY = "topic"  # value: a topic's id
MENTION_ENTITY = "mention"  # value: a table of data/mentions.yml

CURRENT_TOPIC_SLOT = "current_topic"
CURRENT_FACET_SLOT = "current_facet"
ESCALATION_SLOT = "escalation"  # the conversation's escalation, if any
PENDING_SLOT = "red_flag_question"  # what the bot has asked about danger signs and not been told yet
SAFETY, DURATION = "safety", "duration"  # kinds of question
DENIED_SLOT = "denied_flags"  # danger signs that the patient, when asked, said no to

# Keys of the parse data, and so of `rasa shell nlu` and the tracker
ANSWER_RANKING = "answer_ranking"
RED_FLAGS = "red_flags"
RED_FLAG_TRIAGE = "red_flag_triage"


def intent_of(facet: Facet) -> str:
    return FACET_INTENT_PREFIX + facet.value


def facet_of(intent: Optional[str]) -> Optional[Facet]:
    """The facet that an intent asks for; ``None`` for every other intent."""
    if intent and intent.startswith(FACET_INTENT_PREFIX):
        try:
            return Facet(intent[len(FACET_INTENT_PREFIX) :])
        except ValueError:
            return None
    return None
