"""What the store of messages promises to several processes at once."""

import threading
from pathlib import Path
from typing import List

from rasa_project.messaging.store import MessagingStore, Update


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
