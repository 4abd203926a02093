"""The dashboard and the alerts speak of metrics that there are, and of all of them."""

import json
import re
from typing import Any, Dict, Iterator, Set

import pytest

from rasa_project.settings import PROJECT_FOLDER
from rasa_project.validation import read_yaml
from rasa_project.watching import metrics

DASHBOARD = PROJECT_FOLDER / "deploy" / "grafana" / "dashboard.json"
ALERTS = PROJECT_FOLDER / "deploy" / "prometheus" / "alerts.yml"
NAME = re.compile(r"clinic_bot_\w+")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def declared() -> Dict[str, Set[str]]:
    """Every series that a metric has, with the metric that it is of."""
    series = {name: {name} for name in metrics.GAUGES}
    for family in metrics.REGISTRY.collect():
        series[family.name] = {family.name + suffix for suffix in SUFFIXES[family.type]}
    return series


def panels() -> Iterator[Dict[str, Any]]:
    return (panel for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"] if panel["type"] != "row")


def alerts() -> Iterator[Dict[str, Any]]:
    return (rule for group in read_yaml(ALERTS)["groups"] for rule in group["rules"])


def shown() -> Set[str]:
    return set(NAME.findall(" ".join(target["expr"] for panel in panels() for target in panel["targets"])))


def alerted() -> Set[str]:
    return set(NAME.findall(" ".join(rule["expr"] for rule in alerts())))


def test_every_series_that_they_name_exists() -> None:
    everything = set().union(*declared().values())
    assert alerted() <= everything and shown() <= everything
    named = set(NAME.findall(ALERTS.read_text(encoding="utf-8") + (PROJECT_FOLDER / "docs" / "watching.md").read_text(encoding="utf-8")))
    assert named <= everything | set(declared())


def test_every_metric_is_on_the_dashboard_and_every_alert_has_its_picture_there() -> None:
    assert not [name for name, series in declared().items() if not series & shown()]
    assert alerted() <= shown()


@pytest.mark.parametrize("metric", [metrics.OLDEST_NOTICE, metrics.OLDEST_ESCALATION, metrics.READY, metrics.STORE_UP])
def test_what_must_not_be_overlooked_has_an_alert(metric: str) -> None:
    assert metric in alerted()


def test_an_alert_says_what_to_do_and_how_urgent_it_is() -> None:
    rules = list(alerts())
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "warning")
        assert re.search(r"\b(Open|Look|Ask|Renew|Start|Compare)\b", rule["annotations"]["summary"]), rule["alert"]
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert labels <= {label for metric in metrics.REGISTRY._names_to_collectors.values() for label in metric._labelnames} | {"store"}


def test_the_docs_explain_every_metric() -> None:
    text = (PROJECT_FOLDER / "docs" / "watching.md").read_text(encoding="utf-8")
    assert not [name for name in declared() if name not in text]


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    taken: Set[Any] = set()
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        at = panel["gridPos"]
        squares = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not squares & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= squares | {panel["id"]}
    assert len([item for item in taken if isinstance(item, int)]) == len(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"])
