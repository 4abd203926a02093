"""All stores that hold what patients wrote, as one.

Insights are not among what can be shown or erased by conversation: they are kept without it, so that nothing leads from them to a person.
"""

import datetime
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Dict, List

from rasa_project.database import compact
from rasa_project.escalation.store import EscalationStore, escalation_store
from rasa_project.escalation.sweep import ConversationSweep
from rasa_project.insights.store import insight_store
from rasa_project.messaging.store import KEPT_DAYS, messaging_store
from rasa_project.privacy.conversations import StoredConversations
from rasa_project.settings import ClinicSettings, tracker_database_url


def conversation_store() -> StoredConversations:
    return _opened(tracker_database_url())


@lru_cache(maxsize=2)
def _opened(url: str) -> StoredConversations:
    return StoredConversations(url)


def _sweep() -> ConversationSweep:
    return _sweep_of(escalation_store(), tracker_database_url())


@lru_cache(maxsize=2)
def _sweep_of(store: EscalationStore, url: str) -> ConversationSweep:
    """One, with its connections, for all that is erased."""
    return ConversationSweep(store, url)


def find(text: str) -> List[str]:
    """Ids of conversations: the one of an escalation's reference, or those with a person whose id or number on a platform holds the text."""
    escalation = escalation_store().get(text.upper())
    return list(dict.fromkeys([*([escalation.conversation_id] if escalation else []), *messaging_store().find(text)]))


def stored(conversation_id: str) -> Dict[str, Any]:
    """All that is stored of a conversation, by store."""
    return {
        "conversation": conversation_store().stored(conversation_id),
        "escalations": [asdict(escalation) for escalation in escalation_store().of(conversation_id)],
        "messaging": messaging_store().stored(conversation_id),
    }


def erase(conversation_id: str, with_escalations: bool = False) -> Dict[str, int]:
    """Erases a conversation in every store; returns how many rows of each that were.

    A danger sign in it that could not be stored for the clinic when it was written is stored first, unless escalations go, too.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: a database does not answer. Nothing is half erased within a store; do it again.
    """
    if not with_escalations:
        _sweep().run_once()
    erased = {"events": conversation_store().erase(conversation_id), "messages": messaging_store().erase(conversation_id)}
    return {**erased, "escalations": escalation_store().erase(conversation_id)} if with_escalations else erased


def purge(settings: ClinicSettings, now: datetime.datetime) -> Dict[str, int]:
    """Deletes what is older than the settings of ``clinic.yml`` allow; returns how much of each that was.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: a database does not answer; the next run does the rest.
    """

    def before(days: int) -> datetime.datetime:
        return now - datetime.timedelta(days=days)

    _sweep().run_once()
    return {
        "conversations": conversation_store().purge(before(settings.privacy.keep_conversations_days)),
        "escalations": escalation_store().purge(before(settings.privacy.keep_escalations_days)),
        "insights": insight_store().purge(before(settings.insights.keep_days)),
        "messages": messaging_store().purge(before(KEPT_DAYS)),
        "people": _forget_people(),
    }


def _forget_people() -> int:
    """Deletes who wrote on a messaging platform where nothing else is stored of the conversation: an escalation is, until its time is over."""
    idle = messaging_store().idle_people()
    gone = [
        conversation_id for conversation_id in idle if not conversation_store().has(conversation_id) and not escalation_store().of(conversation_id)
    ]
    return sum(messaging_store().forget_person(conversation_id) for conversation_id in gone)


def compact_all() -> None:
    """Makes what was deleted vanish from the files of every database."""
    for store in (conversation_store(), escalation_store(), insight_store(), messaging_store()):
        compact(store.engine)
