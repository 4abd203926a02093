"""What is kept of a patient's words."""

import re
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasa_project.content.linking import TOKEN, english_words, fold
from rasa_project.content.store import ContentStore
from rasa_project.insights.redaction import GAP, TITLES, cleaned, own_words, redact, shipped_words
from rasa_project.operations.environment import child_environment
from rasa_project.settings import PROJECT_FOLDER

PROPERTY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.sampled_from(
    ["my", "hip", "hurts", "Sarah", "I'm", "call", "on", "sciatica", "Zbigniew", "since", "May", "12", "?", "…", ",", "(", "-", "/"]
)
TEXT = st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=8).map(" ".join))
SEPARATOR = st.sampled_from(["", " ", ",", ": ", ".", "-", "_", "\n"])


def kept(text: str) -> str:
    return redact(cleaned(text))


@PROPERTY
@given(before=TEXT, address=st.emails(), after=TEXT, separator=SEPARATOR)
def test_no_e_mail_address_survives(before: str, address: str, after: str, separator: str) -> None:
    found = kept(f"{before}{separator}{address}{separator}{after}")
    assert address not in found and "@" not in found


@PROPERTY
@given(before=TEXT, number=st.integers(min_value=100), after=TEXT, separator=SEPARATOR, script=st.sampled_from(["0", "٠", "०", "０"]))
def test_no_number_of_three_digits_or_more_survives(before: str, number: int, after: str, separator: str, script: str) -> None:
    digits = "".join(chr(ord(script) + int(digit)) for digit in str(number))
    found = kept(f"{before}{separator}{digits}{separator}{after}")
    assert digits not in found and not re.search(r"\d{3,}", found)


@PROPERTY
@given(text=TEXT)
def test_every_word_that_survives_is_known(text: str) -> None:
    known = english_words() | shipped_words() | TITLES
    for match in TOKEN.finditer(kept(text)):
        word = match.group()
        stem = re.sub(r"['’][a-z]{1,2}$", "", word, flags=re.I)
        assert fold(word) in known or fold(stem) in known or re.fullmatch(r"\d{1,2}(st|nd|rd|th)?", word)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("how long does sciatica last?", "how long does sciatica last?"),
        ("I've had bursitis for 2 weeks, what's best? I can't walk", "I've had bursitis for 2 weeks, what's best? I can't walk"),
        ("what helps siatica, pain 8/10", "what helps siatica, pain 8/10"),
        ("WHAT HELPS WHEN SWIMMING", "WHAT HELPS WHEN SWIMMING"),
        ("write to j.smith@example.com about my hip", "write to … about my hip"),
        ("see https://example.com/x?y=1 or www.example.org or clinic.co.uk", "see … or … or …"),
        ("ring me on 07700 900 123", "ring me on …"),
        ("ring 07 70 09 00", "ring …"),
        ("took 400mg twice", "took … twice"),
        ("fell on 12/03/24, again on 2024-03-12", "fell on …, again on …"),
        ("since 3rd of March 2021 and since May 21", "since … and since …"),
        ("born 1 2 1960", "born …"),
        ("ask Zbigniew Kowalczyk", "ask …"),
        ("my name is john smith and my hip hurts", "my name is … and my hip hurts"),
        ("My Name Is Rose", "My Name …"),
        ("I am Rose. What helps sciatica?", "I am …. What helps sciatica?"),
        ("I'm Grace Green, is rest good", "I'm …, is rest good"),
        ("I’m Rose", "I’m …"),
        ("I AM JOHN", "I AM …"),
        ("I'm sore", "I'm sore"),
        ("Dr. J. Brown and Mrs Green-Rose said rest", "Dr. … and Mrs … said rest"),
        ("should I see a doctor. What does she do", "should I see a doctor. What does she do"),
        ("my mum Sarah went to Manchester", "my mum … went to …"),
        ("नमस्ते hip", "… hip"),
    ],
)
def test_what_is_left_out_and_what_stays(text: str, expected: str) -> None:
    assert kept(text) == expected


def test_a_patients_own_dots_are_no_gap() -> None:
    assert cleaned("well… it\n\thurts\x1b[31m\u200b") == "well... it hurts [31m"


def test_the_bots_own_words_come_from_names_mentions_and_questions(store: ContentStore) -> None:
    own = own_words(store, {"not_covered_treatment": ["ashwagandha"]})
    assert {"sciatica", "siatica", "ashwagandha"} <= own
    assert "gabapentinoid" not in own
    assert redact("gabapentinoid or ashwagandha", own) == f"{GAP} or ashwagandha"
    assert redact("ashwagandha", frozenset()) == GAP


def test_redaction_does_without_spacy() -> None:
    # Importing it would hold up the action server for seconds and take hundreds of megabytes.
    code = "import sys; from rasa_project.insights.redaction import redact; print(redact('ask Zbigniew'), 'spacy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, env=child_environment(), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ask", GAP, "False"]
