"""What the store of messages promises to several processes at once."""

import threading
from pathlib import Path
from typing import List

from rasa_project.escalation.store import utc_now
from rasa_project.messaging.store import Call, MessagingStore, Update


def test_the_first_messages_of_a_person_that_come_at_the_same_moment_are_all_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'messaging.db'}"
    stores = [MessagingStore(url) for _ in range(4)]
    for attempt in range(25):
        together, taken = threading.Barrier(len(stores)), []  # type: ignore[var-annotated]

        def accept(number: int, attempt: int = attempt, together: threading.Barrier = together, taken: List[bool] = taken) -> None:
            together.wait()
            update = Update(f"{attempt}-{number}", f"person-{attempt}", {"id": "x"}, "hello")
            taken.append(stores[number].accept("slack", f"slack:{attempt}", update))

        threads = [threading.Thread(target=accept, args=(number,)) for number in range(len(stores))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert taken == [True] * len(stores)
    assert stores[0].waiting()["updates"] == 25 * len(stores)
    for store in stores:
        store.engine.dispose()


def test_a_conversation_that_is_erased_while_a_reply_goes_out_is_gone(tmp_path: Path) -> None:
    store = MessagingStore(f"sqlite:///{tmp_path / 'messaging.db'}")
    store.accept("slack", "slack:1", Update("1", "person", {}, "hello"))
    update = store.claim_update("slack", utc_now(), 60)
    assert update
    store.answered(update.id, [Call("path"), Call("path")], utc_now())
    call = store.claim_call("slack", utc_now(), 60)
    assert call
    store.erase("slack:1")
    store.put_off(call.id, "failed", utc_now())
    store.made(call.id, utc_now())
    assert store.stored("slack:1") == {"person": None, "received": [], "sent": []}
    store.engine.dispose()
