"""deploy/nginx.conf in a real nginx, before stand-ins of the Rasa servers."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest
from ruamel.yaml import YAML

from rasa_project.channels.messages import error_message
from rasa_project.operations.serving import free_port
from rasa_project.settings import PROJECT_FOLDER, clinic_settings

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)")

SITE = "https://www.clinic.example"
MESSAGE = json.dumps({"sender": "me-123456", "message": "I wet myself"})
JSON = {"Content-Type": "application/json"}
REST = "/webhooks/rest/webhook"


class StandIn:
    """A Rasa server that notes what it is sent. While ``dropping``, it reads each request and hangs up without an answer."""

    def __init__(self) -> None:
        self.requests: List[Tuple[str, str, Dict[str, str]]] = []
        self.dropping = False
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while True:
                first = stream.readline().decode()
                if not first.strip():
                    return
                headers = {}
                for line in iter(lambda: stream.readline().decode().strip(), ""):
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                stream.read(int(headers.get("content-length", 0)))
                method, path, _ = first.split(" ", 2)
                self.requests.append((method, path, headers))
                if self.dropping:
                    return
                body = json.dumps([{"text": "well", "port": self.port}]).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def stop(self) -> None:
        with suppress(OSError):  # stopped before
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@dataclass
class Answer:
    status: int
    headers: Dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Proxy:
    """A running nginx."""

    http_port: int
    https_port: int
    log: Path
    trusting: ssl.SSLContext
    connections: List[http.client.HTTPConnection] = field(default_factory=list)

    def connect(self) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection("localhost", self.https_port, timeout=40, context=self.trusting)
        self.connections.append(connection)
        return connection

    def ask(self, method: str, path: str, body: Optional[str] = None, headers: Optional[Dict[str, str]] = None, over: Optional[Any] = None) -> Answer:
        connection = over or self.connect()
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode())

    def say(self) -> Answer:
        return self.ask("POST", REST, MESSAGE, JSON)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What nginx_settings.py reads of the project, with a clinic that has a proxy and a site; and a certificate."""
    folder = tmp_path_factory.mktemp("home")
    yaml = YAML()
    clinic = yaml.load((PROJECT_FOLDER / "clinic.yml").read_text(encoding="utf-8"))
    clinic["web"] = {"sites": [SITE], "proxies": 1}
    yaml.dump(clinic, folder / "clinic.yml")
    (folder / "data").mkdir()
    for name in ("domain.yml", "data/countries.yml"):
        shutil.copy(PROJECT_FOLDER / name, folder / name)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def settle(home: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs deploy/nginx_settings.py as one would by hand."""
    command = [sys.executable, str(PROJECT_FOLDER / "deploy" / "nginx_settings.py"), str(folder), "--address", "https://bot.clinic.example"]
    files = ["--certificate", str(home / "certificate.pem"), "--key", str(home / "key.pem")]
    return subprocess.run([*command, *files, *arguments], env={**os.environ, "CLINIC_BOT_HOME": str(home)}, capture_output=True, text=True)


def nginx(folder: Path, *arguments: str) -> List[str]:
    # As root, nginx would serve as somebody who may not read the tests' folders
    user = "user root;" if os.geteuid() == 0 else ""
    return [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", f"daemon off; {user}", *arguments]


@contextmanager
def proxied(home: Path, folder: Path, ports: List[int], private: str = "127.0.0.0/8") -> Iterator[Proxy]:
    http_port, https_port = free_port(), free_port()
    servers = [part for port in ports for part in ("--server", f"127.0.0.1:{port}")]
    settled = settle(home, folder, *servers, "--private", private, "--http", str(http_port), "--https", str(https_port))
    assert settled.returncode == 0, settled.stderr
    log = folder / "access.log"
    with log.open("w") as stream:
        process = subprocess.Popen(nginx(folder), stdout=stream)
        proxy = Proxy(http_port, https_port, log, ssl.create_default_context(cafile=str(home / "certificate.pem")))
        try:
            for _ in range(100):
                assert process.poll() is None, "nginx has stopped"
                try:
                    socket.create_connection(("127.0.0.1", https_port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield proxy
        finally:
            for connection in proxy.connections:
                connection.close()
            process.terminate()
            process.wait(20)


@pytest.fixture
def servers() -> Iterator[List[StandIn]]:
    both = [StandIn(), StandIn()]
    yield both
    for server in both:
        server.stop()


@pytest.fixture
def proxy(home: Path, tmp_path: Path, servers: List[StandIn]) -> Iterator[Proxy]:
    with proxied(home, tmp_path, [server.port for server in servers]) as running:
        yield running


@pytest.fixture
def deserted(home: Path, tmp_path: Path) -> Iterator[Proxy]:
    """No server is there, and the caller is a stranger."""
    with proxied(home, tmp_path, [free_port(), free_port()], private="10.20.0.0/16") as running:
        yield running


def test_nginx_takes_the_configuration_without_a_warning(home: Path, tmp_path: Path) -> None:
    assert settle(home, tmp_path, "--server", "127.0.0.1:5005", "--private", "10.20.0.0/16,fd00::/8").returncode == 0
    done = subprocess.run(nginx(tmp_path, "-t"), capture_output=True, text=True)
    assert done.returncode == 0 and "test is successful" in done.stderr and "[warn]" not in done.stderr, done.stderr


def test_both_servers_answer_and_are_told_who_asks(proxy: Proxy, servers: List[StandIn]) -> None:
    forged = {**JSON, "X-Forwarded-For": "10.20.0.1", "X-Request-ID": "mine", "Forwarded": "for=10.20.0.1", "X-Real-IP": "10.20.0.1"}
    for _ in range(4):
        answer = proxy.ask("POST", REST, MESSAGE, forged)
        assert answer.status == 200 and answer.json()[0]["text"] == "well"
    requests = [request for server in servers for request in server.requests]
    assert len(requests) == 4 and all(server.requests for server in servers)
    for _, _, headers in requests:
        assert headers["x-forwarded-for"] == "127.0.0.1" and headers["x-forwarded-proto"] == "https"
        assert len(headers["x-request-id"]) == 32 and not {"forwarded", "x-real-ip"} & set(headers)


def test_a_dead_server_is_not_noticed(proxy: Proxy, servers: List[StandIn]) -> None:
    servers[0].stop()
    assert [proxy.say().json()[0]["port"] for _ in range(10)] == [servers[1].port] * 10


def test_a_message_that_a_server_has_read_is_never_sent_again(proxy: Proxy, servers: List[StandIn]) -> None:
    servers[0].dropping = True
    answers = [proxy.say() for _ in range(6)]
    assert len(servers[0].requests) + len(servers[1].requests) == len(answers), "each was sent once"
    lost = [answer for answer in answers if answer.status == 503]
    assert len(lost) == len(servers[0].requests) > 0 and all(answer.json() == [error_message("")] for answer in lost)
    # What only reads may be asked for again
    assert all(proxy.ask("GET", "/webhooks/rest/health").status == 200 for _ in range(4))


def test_when_no_server_is_there_a_patient_still_reads_where_to_turn(deserted: Proxy) -> None:
    phone, emergency = clinic_settings().clinic.phone, clinic_settings().emergency_line.number
    rest = deserted.ask("POST", REST, MESSAGE, {**JSON, "Origin": SITE})
    assert rest.status == 503 and rest.json() == [error_message("")] and phone in rest.json()[0]["text"]
    assert rest.headers["content-type"].startswith("application/json") and int(rest.headers["retry-after"]) > 0
    assert rest.headers["access-control-allow-origin"] == SITE and rest.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in deserted.ask("POST", REST, MESSAGE, {**JSON, "Origin": "https://evil.example"}).headers

    page = deserted.ask("GET", "/webhooks/widget/chat")
    assert page.status == 503 and phone in page.body and f"tel:{emergency}" in page.body
    assert f"frame-ancestors 'self' {SITE}" in page.headers["content-security-policy"]

    twilio = deserted.ask("POST", "/webhooks/twilio/webhook", "Body=hello")
    assert twilio.status == 200 and ElementTree.fromstring(twilio.body).findtext("Message") == error_message("")["text"]
    slack = deserted.ask("POST", "/webhooks/slack/webhook", "{}")
    assert slack.status == 503 and "<html" not in slack.body, "Slack tries again"


@pytest.mark.parametrize(
    "path",
    ["/", "/webhooks/", "/webhooks/staff/", "/webhooks/rest/../staff/", "/webhooks/rest/%2e%2e/staff/", "/webhooks/rest/..%2fstaff/",
     "//webhooks/staff/", "/metrics", "/webhooks/metrics/", "/conversations/me-123456/tracker", "/model", "/status",
     "/webhooks/slack/", "/webhooks/slack/webhook/more",
     "/webhooks/mattermost/webhook", "/answers/unavailable.json", "/nginx.conf", "/alive"],
)  # fmt: skip
def test_strangers_find_nothing_else(home: Path, tmp_path: Path, servers: List[StandIn], path: str) -> None:
    with proxied(home, tmp_path, [server.port for server in servers], private="10.20.0.0/16") as running:
        answer = running.ask("GET", path)
        reached = [request for server in servers for request in server.requests]
        assert answer.status == 404 and not reached and "<html" not in answer.body


def test_staff_reach_their_page_from_the_private_range_and_stay_on_one_server(proxy: Proxy, servers: List[StandIn]) -> None:
    assert all(proxy.ask("GET", "/webhooks/staff/").status == 200 for _ in range(6))
    assert sorted(len(server.requests) for server in servers) == [0, 6]


def test_what_is_too_large_is_refused_in_words(proxy: Proxy, servers: List[StandIn]) -> None:
    answer = proxy.ask("POST", REST, "x" * 300_000, JSON)
    assert answer.status == 413 and answer.json()[0]["custom"] == {"kind": "error"} and not any(server.requests for server in servers)
    assert proxy.ask("POST", "/webhooks/slack/webhook", "x" * 250_000).status == 200


def test_a_flood_is_refused_in_words_and_a_ward_is_not(proxy: Proxy) -> None:
    connection = proxy.connect()
    answers = [proxy.ask("GET", "/webhooks/rest/health", over=connection) for _ in range(900)]
    refused = [answer for answer in answers if answer.status == 429]
    assert all(answer.status == 200 for answer in answers[:300]), "a ward opens the chat"
    assert refused and refused[0].json()[0]["custom"] == {"kind": "error"} and int(refused[0].headers["retry-after"]) > 0


def test_the_log_says_nothing_of_patients(proxy: Proxy) -> None:
    proxy.ask("GET", "/webhooks/widget/chat?title=secret", headers={"User-Agent": "secret", "Referer": "https://secret.example/"})
    proxy.ask("POST", REST, json.dumps({"sender": "secret-123", "message": "secret"}), JSON)
    deadline = time.monotonic() + 5
    while len(lines := proxy.log.read_text(encoding="utf-8").splitlines()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    entries = [json.loads(line) for line in lines]
    assert [(entry["path"], entry["status"], entry["network"]) for entry in entries] == [
        ("/webhooks/widget/chat", 200, "127.0.0.0/24"), (REST, 200, "127.0.0.0/24"),
    ]  # fmt: skip
    assert "secret" not in "".join(lines) and "127.0.0.1/" not in "".join(lines)


def test_only_tls_from_1_2_on(proxy: Proxy) -> None:
    def shake_hands(version: ssl.TLSVersion) -> Optional[str]:
        proxy.trusting.set_ciphers("DEFAULT:@SECLEVEL=0")
        proxy.trusting.minimum_version = proxy.trusting.maximum_version = version
        with socket.create_connection(("127.0.0.1", proxy.https_port), 5) as plain, proxy.trusting.wrap_socket(
            plain, server_hostname="localhost"
        ) as wrapped:
            return wrapped.version()

    assert [shake_hands(ssl.TLSVersion.TLSv1_2), shake_hands(ssl.TLSVersion.TLSv1_3)] == ["TLSv1.2", "TLSv1.3"]
    # The server says so, not this machine's library
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        shake_hands(ssl.TLSVersion.TLSv1_1)


def test_without_tls_a_visitor_is_sent_on_whatever_name_was_asked_for(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.http_port, timeout=5)
    proxy.connections.append(connection)
    connection.request("GET", "/webhooks/widget/chat?color=174a5b", headers={"Host": "evil.example"})
    reply = connection.getresponse()
    assert (reply.status, reply.getheader("Location")) == (308, "https://bot.clinic.example/webhooks/widget/chat?color=174a5b")


def test_security_headers_leave_the_chats_own_policy_alone(proxy: Proxy) -> None:
    rest, chat = proxy.ask("GET", "/webhooks/rest/health"), proxy.ask("GET", "/webhooks/widget/chat")
    for answer in (rest, chat):
        assert answer.headers["strict-transport-security"].startswith("max-age=") and answer.headers["x-content-type-options"] == "nosniff"
        assert "nginx/" not in answer.headers["server"]
    assert "default-src 'none'" in rest.headers["content-security-policy"] and "content-security-policy" not in chat.headers


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "--private"),
        (["--private", "0.0.0.0/0"], "not a private range"),
        (["--private", "8.8.8.0/24"], "not a private range"),
        (["--private", "10.20.0.0/16; allow all"], "write it as"),
        (["--private", "10.20.0.0/16", "--server", "rasa-1"], "--server rasa-1"),
        (["--private", "10.20.0.0/16", "--address", "http://bot.clinic.example"], "--address"),
    ],
    ids=["no range", "everybody", "strangers", "more than a range", "no port", "no TLS"],
)
def test_what_cannot_be_used_is_named(home: Path, tmp_path: Path, arguments: List[str], said: str) -> None:
    settled = settle(home, tmp_path, *arguments)
    assert settled.returncode == 1 and said in settled.stderr and not list(tmp_path.iterdir())


def test_a_bot_that_does_not_know_of_its_proxy_is_refused(home: Path, tmp_path: Path) -> None:
    unaware = tmp_path / "home"
    shutil.copytree(home, unaware)
    text = (unaware / "clinic.yml").read_text(encoding="utf-8")
    (unaware / "clinic.yml").write_text(text.replace("proxies: 1", "proxies: 0"), encoding="utf-8")
    settled = settle(unaware, tmp_path / "nginx", "--private", "10.20.0.0/16")
    assert settled.returncode == 1 and "web.proxies" in settled.stderr
