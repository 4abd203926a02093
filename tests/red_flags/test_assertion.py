"""How a finding is meant: the same words present, denied, past, supposed, asked about, someone else's, a figure of speech."""

from pathlib import Path

import pytest

from rasa_project.red_flags.detector import RedFlagDetector

DETECTOR = RedFlagDetector.from_folder(Path(__file__).parents[2] / "data" / "red_flags")


def statuses(text: str, flag: str) -> "set[str]":
    return {finding.status for finding in DETECTOR.detect(text) if finding.flag == flag}


@pytest.mark.parametrize(
    ("text", "flag", "status"),
    [
        # Denied: before and after the finding, and through a list
        ("I don't have severe pain", "severe_pain", "denied"),
        ("no numbness, tingling or weakness in both legs", "leg_weakness", "denied"),
        ("loss of bladder control was ruled out", "bowel_bladder", "denied"),
        ("it's not like I can't walk", "unable_to_walk", "denied"),
        # The cue's reach ends at a clause
        ("no fever but I can't walk", "unable_to_walk", "present"),
        ("I have no numbness and I can't pee", "bowel_bladder", "present"),
        ("not feverish, my pain is unbearable though", "severe_pain", "present"),
        # Pseudo-negation
        ("I have no idea why I can't walk", "unable_to_walk", "present"),
        ("not only severe pain but also a cough", "severe_pain", "present"),
        ("I'm not sleeping, the pain is excruciating", "severe_pain", "present"),
        # Past and over
        ("I had severe back pain three years ago", "severe_pain", "past"),
        ("in 2011 I broke my hip", "major_trauma", "past"),
        ("I couldn't walk last year", "unable_to_walk", "past"),
        ("I couldn't pee after the operation, back to normal since", "bowel_bladder", "past"),
        ("I have had severe back pain since last year", "severe_pain", "present"),
        ("I used to run, now I can't walk", "unable_to_walk", "present"),
        ("I had prostate cancer ten years ago and my back hurts", "cancer_or_weight_loss", "present"),
        # Supposed
        ("what should I do if I can't walk one day", "unable_to_walk", "hypothetical"),
        ("suppose my pain is 10/10", "severe_pain", "hypothetical"),
        ("I'm worried I might lose control of my bladder", "bowel_bladder", "hypothetical"),
        ("it hurts as if I was stabbed, I don't know if it helps but I can't walk", "unable_to_walk", "present"),
        # Asked about as knowledge, unless it is the writer's own
        ("is severe pain a danger sign", "severe_pain", "informational"),
        ("what does inability to walk mean", "unable_to_walk", "informational"),
        ("can a slipped disc cause loss of bladder control", "bowel_bladder", "informational"),
        ("why can't I walk", "unable_to_walk", "present"),
        ("what causes the severe pain in my hip", "severe_pain", "present"),
        # Someone else: a story, and someone in need now
        ("my neighbour lost control of his bladder after an operation", "bowel_bladder", "other_person"),
        ("my mum can't walk", "unable_to_walk", "present"),
        ("my neighbour fell down the stairs this morning", "major_trauma", "present"),
        # Figures of speech
        ("that stretch is absolute agony", "severe_pain", "idiom"),
        ("the heat is unbearable", "severe_pain", "idiom"),
    ],
)
def test_status(text, flag, status):
    found = statuses(text, flag)
    assert status in found
    assert ("present" in found) == (status == "present")
