"""All metrics of the bot, in one place. No label holds a conversation id, a reference or anything that a patient wrote."""

from typing import Any, Dict, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

disable_created_metrics()  # nobody asks when a counter began, and it would double their number

REGISTRY = CollectorRegistry()
SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
ANSWERED, FAILED = "answered", "failed"

# Counted where it happens. The client library adds _total to the names of counters.
TURNS = Counter("clinic_bot_turns", "Turns, by channel and how they ended: answered or failed", ["channel", "outcome"], registry=REGISTRY)
TURN_SECONDS = Histogram("clinic_bot_turn_seconds", "From a message to its replies", ["channel"], buckets=SECONDS, registry=REGISTRY)
REPLIES = Counter("clinic_bot_replies", "Replies, by channel and kind", ["channel", "kind"], registry=REGISTRY)
RATE_LIMITED = Counter("clinic_bot_rate_limited", "Messages that were one too many in their minute", ["channel"], registry=REGISTRY)
ACTION_CALL_SECONDS = Histogram("clinic_bot_action_call_seconds", "Calls of the action server", buckets=SECONDS, registry=REGISTRY)
STAND_INS = Counter("clinic_bot_stand_ins", "Calls of the action server that failed, so that the Rasa server replied itself", registry=REGISTRY)
CALLS_REFUSED = Counter("clinic_bot_calls_refused", "Replies that a platform refused for good", ["platform"], registry=REGISTRY)
CALLS_RETRIED = Counter("clinic_bot_calls_retried", "Replies that did not go out and are tried again", ["platform"], registry=REGISTRY)
STORE_ERRORS = Counter("clinic_bot_store_errors", "Errors of a database", ["store"], registry=REGISTRY)

# Looked up when they are asked for.
READY = "clinic_bot_ready"
STORE_UP = "clinic_bot_store_up"
MESSAGES_WAITING = "clinic_bot_messages_waiting"
CALLS_WAITING = "clinic_bot_calls_waiting"
ESCALATIONS_OPEN = "clinic_bot_escalations_open"
OLDEST_ESCALATION = "clinic_bot_oldest_open_escalation_age_seconds"
NOTICES_UNDELIVERED = "clinic_bot_notices_undelivered"
OLDEST_NOTICE = "clinic_bot_oldest_undelivered_notice_age_seconds"
GAUGES: Dict[str, str] = {
    READY: "Whether the bot can answer patients: model, action server and stores (1 or 0)",
    STORE_UP: "Whether a store answers (1 or 0)",
    MESSAGES_WAITING: "Messages from platforms that have not been answered yet",
    CALLS_WAITING: "Replies to platforms that have not gone out yet",
    ESCALATIONS_OPEN: "Escalations that nobody has acknowledged",
    OLDEST_ESCALATION: "Age of the oldest escalation that nobody has acknowledged; 0 if there is none",
    NOTICES_UNDELIVERED: "Notices of escalations that have not reached a target yet",
    OLDEST_NOTICE: "Age of the oldest notice that has not reached a target yet; 0 if there is none",
}


def start_at_zero(channel: str, is_platform: bool = False) -> None:
    """Shows the counters of a channel from its start: Prometheus sees no increase in one that appears with its first event."""
    for outcome in (ANSWERED, FAILED):
        TURNS.labels(channel, outcome)
    for counter in (RATE_LIMITED, *((CALLS_REFUSED, CALLS_RETRIED) if is_platform else ())):
        counter.labels(channel)


def count_turn(channel: str, seconds: float, messages: Sequence[Mapping[str, Any]]) -> None:
    """Counts a turn that has ended, and the kinds of its replies. Messages without a kind, such as the notice, are no replies.

    Args:
        seconds: from the message to its replies.
        messages: of the bot; a turn without any, or with one that says that something went wrong, has failed.
    """
    contents = [message.get("custom") or message.get("metadata") or {} for message in messages] or [{"kind": "error"}]
    kinds = [str(content["kind"]) for content in contents if "kind" in content]
    TURNS.labels(channel, FAILED if "error" in kinds else ANSWERED).inc()
    TURN_SECONDS.labels(channel).observe(seconds)
    for kind in kinds:
        REPLIES.labels(channel, kind).inc()
