"""The triage as it is served: rules, classifier and the weights between them."""

import pytest

from rasa_project.red_flags.reading import detector
from rasa_project.red_flags.training import trained
from rasa_project.red_flags.triage import RedFlagTriage


@pytest.fixture(scope="session")
def triage() -> RedFlagTriage:
    classifier, fusion = trained(detector())
    return RedFlagTriage(detector(), classifier, fusion)
