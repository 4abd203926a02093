"""Names that training data, graph components and actions share."""

from typing import Optional

from rasa_project.content.schema import Facet

FACET_INTENT_PREFIX = "ask_"
DESCRIBE_PAIN = "describe_pain"
ASK_MORE = "ask_more"
OUT_OF_SCOPE = "out_of_scope"
FALLBACK = "nlu_fallback"
GUIDE_PAIN, GUIDE_STRETCH = "guide_pain", "guide_stretch"
SELF_HARM = "self_harm"
SHOW_ADVICE = "show_advice"
ERASE, ERASE_CONFIRMED = "erase_conversation", "erase_confirmed"  # what is stored; the second is sent by a button only
FEEDBACK = "feedback"  # thumbs up or down under a reply; sent by a button only
OTHER_LANGUAGE = "other_language"
DECLINED = ("administration", "abuse", "injection", "mental_health", OTHER_LANGUAGE)  # what the bot has one fitting reply to, and no answer
OUTSIDE = (OUT_OF_SCOPE, *DECLINED)  # not about the article
CHITCHAT = ("greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "capabilities", "smalltalk")

TOPIC_ENTITY = "topic"  # value: a topic's id
MENTION_ENTITY = "mention"  # value: a table of data/mentions.yml
FEEDBACK_ENTITY = "value"  # value: up or down

CURRENT_TOPIC_SLOT = "current_topic"
CURRENT_FACET_SLOT = "current_facet"
DISCUSSED_SLOT = "discussed"  # topics that "the first one" and the like can point at, in order
PAIN_START_SLOT, PAIN_GOES_SLOT = "pain_start", "pain_goes"  # of the guide to where the pain comes from
STRETCH_SLOT, STRETCH_STEP_SLOT, STRETCH_DONE_SLOT = "stretch", "stretch_step", "stretch_done"  # of the guide through a stretch
GUIDE_SLOTS = (PAIN_START_SLOT, PAIN_GOES_SLOT, STRETCH_SLOT, STRETCH_STEP_SLOT, STRETCH_DONE_SLOT)
ESCALATION_SLOT = "escalation"  # the conversation's escalation, if any
PENDING_SLOT = "red_flag_question"  # what the bot has asked about danger signs and not been told yet
SAFETY, DURATION = "safety", "duration"  # kinds of question
DENIED_SLOT = "denied_flags"  # danger signs that the patient, when asked, said no to

# Keys of the parse data, and so of `rasa shell nlu` and the tracker
ANSWER_RANKING = "answer_ranking"
LANGUAGE = "language"  # of a message that is not in English
PARTS = "parts"  # of a message that holds several questions
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
