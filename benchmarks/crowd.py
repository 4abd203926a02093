"""Fifty patients at once, for five minutes: errors, mixed-up conversations, and memory. By itself: ``python -m benchmarks.crowd``."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import List

import psutil

from benchmarks.load import Bot
from rasa_project.operations import serving, training

PATIENTS, MINUTES = 50, 5
SAMPLE_SECONDS = 10


def run(bot: Bot) -> str:
    """A table of what happened."""
    command = [
        sys.executable,
        "-m",
        "locust",
        "--locustfile",
        str(Path(__file__).with_name("patients.py")),
        "--headless",
        "--json",
        "--host",
        bot.url,
    ]
    command += ["--users", str(PATIENTS), "--spawn-rate", "10", "--run-time", f"{MINUTES}m"]
    memory: List[float] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            memory.append(bot.memory())

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    finally:
        over.set()
        sampler.join()
    (turns,) = [row for row in json.loads(done.stdout) if row["name"] == "turn"]
    third = max(1, len(memory) // 3)
    grown = sum(memory[-third:]) / sum(memory[third : 2 * third]) if len(memory) >= 3 else 1.0
    rows = {
        "Patients at once": PATIENTS,
        "Messages": turns["num_requests"],
        "Errors and answers of another conversation": turns["num_failures"],
        "Memory of both servers, last third to middle third": f"{grown:.3f}",
    }
    return "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows.items())])


def main() -> None:
    with serving.trial(training.ensure_model()) as servers:
        processes = [psutil.Process(process.pid) for process in servers.processes.values()]

        def memory() -> float:
            return sum(part.memory_info().rss for process in processes for part in [process, *process.children(recursive=True)]) / 1e6

        print(run(Bot(servers.url.rsplit("/webhooks", 1)[0], "", memory=memory)))


if __name__ == "__main__":
    main()
