"""Patients for locust: each asks about a condition of their own and checks that every answer is about that one."""

import json
import uuid

from locust import FastHttpUser, between, task

from benchmarks.questions import FOLLOW_UPS, TOPICS


class Patient(FastHttpUser):
    """Asks what a condition is, then two things about "it", in one conversation after another."""

    wait_time = between(1, 3)

    @task
    def converse(self) -> None:
        Patient.turn = getattr(Patient, "turn", -1) + 1
        name, topic = list(TOPICS.items())[Patient.turn % len(TOPICS)]
        sender = f"crowd-{uuid.uuid4().hex}"
        for message in (f"what is {name}?", *FOLLOW_UPS):
            with self.client.post("/webhooks/rest/webhook", json={"sender": sender, "message": message}, catch_response=True, name="turn") as reply:
                topics = {part["custom"].get("topic") for part in json.loads(reply.text or "[]") if "custom" in part}
                if reply.status_code != 200 or topics != {topic}:
                    reply.failure(f"{message!r} about {name} got {reply.status_code} about {sorted(map(str, topics))}")
            self.wait()
