"""A clinic's webhook, as docs/escalation.md describes it: checks the signature, counts each key once, and can be made to fail."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List

SECRET = "a-secret-of-the-clinic"


class Receiver:
    """Attributes:
    bodies: what arrived, by key; a repeat does not count twice.
    posts: the key of every post that was accepted, repeats included.
    status: what to answer with.
    """

    def __init__(self, port: int = 0) -> None:
        self.bodies: Dict[str, Dict[str, Any]] = {}
        self.posts: List[str] = []
        self.refused: List[str] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stamp = self.headers["X-Escalation-Timestamp"]
                wanted = "sha256=" + hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
                status = receiver.status
                if not hmac.compare_digest(wanted, self.headers["X-Escalation-Signature"]):
                    status = 403
                if status == 200:
                    receiver.posts.append(self.headers["Idempotency-Key"])
                    receiver.bodies[self.headers["Idempotency-Key"]] = json.loads(body)
                else:
                    receiver.refused.append(self.headers["Idempotency-Key"])
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/escalations"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
