"""What every action server of the project has: only the Rasa server gets in, log lines say which request they belong to, and a database that is
silent is not waited for."""

import hmac
import os
from typing import Optional

import pluggy
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project import patience
from rasa_project.watching import logs, request_ids

_hook = pluggy.HookimplMarker("rasa_sdk")
OPEN_TO_ALL = "/health"


def authorization() -> Optional[str]:
    """The header by which the Rasa server shows that it is it; ``None`` where ``ACTION_SERVER_TOKEN`` is not set, and nobody is asked."""
    token = os.environ.get("ACTION_SERVER_TOKEN")
    return f"Bearer {token}" if token else None


class ActionServer:
    """A plugin of rasa_sdk."""

    @_hook
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        """Called by rasa_sdk when it has made its server."""

        @app.on_request
        async def let_in(request: Request) -> Optional[HTTPResponse]:
            wanted = authorization()
            if wanted and request.path != OPEN_TO_ALL and not hmac.compare_digest(wanted.encode(), request.headers.get("authorization", "").encode()):
                return response.json({"error": "ACTION_SERVER_TOKEN is missing or another one"}, status=401)
            call = (request.json or {}) if request.path == "/webhook" and "content-encoding" not in request.headers else {}
            request_ids.begin(request.headers.get(request_ids.HEADER), call.get("sender_id"))
            return None


def install() -> None:
    """To be called while rasa_sdk loads the actions: it has set up its logging by then."""
    logs.install()
    patience.install()
    if not plugin_manager().has_plugin(ActionServer.__name__):
        plugin_manager().register(ActionServer(), ActionServer.__name__)
