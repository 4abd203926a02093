"""The metrics for Prometheus, in the Rasa server, at ``/webhooks/metrics/``."""

import asyncio
import hmac
import os
from typing import Any, Awaitable, Callable, Dict, Iterator, Optional

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.health import readiness
from rasa_project.watching import logs, metrics
from rasa_project.watching.stores import StoresCollector, gauge

SHORTEST_TOKEN = 16
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class MetricsEndpoint(InputChannel):
    """``GET /webhooks/metrics/`` in Prometheus' text format. Off, with 404, unless the environment sets ``METRICS_TOKEN``."""

    @classmethod
    def name(cls) -> str:
        return "metrics"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "MetricsEndpoint":
        # Rasa reads credentials.yml after it has set up its logging, and before anybody can write to the bot.
        logs.install()
        logs.hide_telling_warnings()
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("metrics_endpoint", __name__)

        @blueprint.listener("before_server_start")
        async def begin(app: Any, _: Any) -> None:
            app.ctx.stores_collector = StoresCollector(app)

        @blueprint.route("/", methods=["GET"])
        async def show(request: Request) -> HTTPResponse:
            refused = _refused(request)
            if refused:
                return refused
            ready = all(said == "ok" for said in (await readiness(request.app)).values())
            looked_up = CollectorRegistry()
            looked_up.register(_Now(ready, request.app.ctx.stores_collector))
            text = await asyncio.get_event_loop().run_in_executor(None, lambda: generate_latest(_counted()) + generate_latest(looked_up))
            return response.raw(text, headers=HEADERS, content_type=CONTENT_TYPE_PLAIN_0_0_4)

        return blueprint


class _Now(Collector):
    """The gauges at one moment."""

    def __init__(self, ready: bool, stores: StoresCollector) -> None:
        self._ready, self._stores = ready, stores

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield gauge(metrics.READY, float(self._ready))
        yield from self._stores.collect()


def _counted() -> CollectorRegistry:
    """What this process has counted; what all have that share the folder ``PROMETHEUS_MULTIPROC_DIR``, where there is one."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return metrics.REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _refused(request: Request) -> Optional[HTTPResponse]:
    token = os.environ.get("METRICS_TOKEN", "")
    if len(token) < SHORTEST_TOKEN:
        return response.text(f"Metrics are off. Set METRICS_TOKEN ({SHORTEST_TOKEN} characters or more) and start the bot again.", 404, HEADERS)
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return None
    return response.text("Send the header Authorization: Bearer <METRICS_TOKEN>.", 401, {**HEADERS, "WWW-Authenticate": "Bearer"})
