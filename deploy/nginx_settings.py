"""Puts together what nginx needs: nginx.conf, upstreams.conf, and what depends on the clinic (clinic.yml, domain.yml, the arguments).

``python deploy/nginx_settings.py FOLDER --address https://bot.clinic.example --certificate FILE --key FILE --private 10.20.0.0/16``
"""

import argparse
import ipaddress
import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Dict, List, Optional, Sequence
from urllib.parse import urlsplit

from rasa_project.channels.messages import error_message
from rasa_project.settings import clinic_settings, domain_text
from rasa_project.validation import InvalidFile

HERE = Path(__file__).resolve().parent
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:1.125rem/1.5 sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}}</style>
<h1>{title}</h1>
<p>{text}</p>
<ul>{contacts}</ul>
</html>
"""


class UnusableSetting(ValueError):
    """An argument or clinic.yml cannot be used; the message says what to write."""


def answers() -> Dict[str, str]:
    """What nginx answers itself, by file name: in the bot's own words, with the clinic's number and the emergency number."""
    unavailable = domain_text("utter_error")
    contacts = "".join(
        f'<li><a href="{escape(line["href"])}">{escape(line["label"])}</a></li>' for line in clinic_settings().contacts("clinic", "emergency")
    )
    too_large = {**error_message(""), "reason": "the request is too large"}
    return {
        "unavailable.json": json.dumps([error_message("")]),
        "too_fast.json": json.dumps([{**error_message("", "utter_too_fast"), "reason": "too many requests from this address"}]),
        "too_large.json": json.dumps([too_large]),
        "unavailable.html": PAGE.format(title=escape(clinic_settings().clinic.name), text=escape(unavailable), contacts=contacts),
        "unavailable.txt": unavailable + "\n",
        "twilio.xml": f"<Response><Message>{escape(unavailable)}</Message></Response>",
        "nothing.txt": "There is nothing here.\n",
        "refused.txt": "This request cannot be taken.\n",
    }


def private(ranges: Sequence[str]) -> str:
    """nginx's rules that let only these ranges in.

    Raises:
        UnusableSetting: one is no range, or one that strangers may come from.
    """
    if not ranges:
        raise UnusableSetting("Name at least one range of the clinic's own network, such as --private 10.20.0.0/16")
    for given in ranges:
        try:
            network = ipaddress.ip_network(given)
        except ValueError as error:
            raise UnusableSetting(f"--private {given}: {error}; write it as 10.20.0.0/16") from None
        if not network.is_private or network.prefixlen == 0:
            raise UnusableSetting(f"--private {given}: this is not a private range; the staff page would be on the open internet")
    return "".join(f"allow {given};\n" for given in ranges) + "deny all;\n"


def origins(sites: Sequence[str]) -> str:
    """Which sites may read, and frame, what nginx answers itself; ``sites`` have been checked (``web.sites`` of clinic.yml)."""
    known = "".join(f'    "{site}" $http_origin;\n' for site in sites)
    framing = " ".join(["'self'", *sites])
    return (
        f'map $http_origin $known_origin {{\n    default "";\n{known}}}\n'
        "map $uri $answer_policy {\n"
        "    default \"default-src 'none'; frame-ancestors 'none'\";\n"
        f"    /answers/unavailable.html \"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors {framing}\";\n}}\n"
    )


def upstreams(servers: Sequence[str]) -> str:
    """upstreams.conf, as it is or for other servers, which are asked for by address instead of again and again by name.

    Raises:
        UnusableSetting: a server is not written as host:port.
    """
    text = (HERE / "upstreams.conf").read_text(encoding="utf-8")
    if not servers:
        return text
    for server in servers:
        if not re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]+", server):
            raise UnusableSetting(f"--server {server}: write it as 127.0.0.1:5005")
    text = re.sub(r"^(#.*\n)*resolver .*\n\n", "", text)
    lines = "".join(f"    server {server} max_fails=3 fail_timeout=5s;\n" for server in servers)
    return re.sub(r"(?:^    server .*\n)+", lines, text, flags=re.MULTILINE)


def _quoted(path: Path) -> str:
    text = str(path)
    if not re.fullmatch(r"[A-Za-z0-9 ._/@+-]+", text):
        raise UnusableSetting(f"{text}: nginx gets no path with other signs than letters, digits, blanks and ._/@+-")
    return f'"{text}"'


def listening(folder: Path, address: str, certificate: Path, key: Path, http: int, https: int) -> Dict[str, str]:
    """The ports, the name, the certificate and where the answers lie, by file name.

    Raises:
        UnusableSetting: an argument cannot be used.
    """
    parts = urlsplit(address)
    name = parts.hostname or ""
    if parts.scheme != "https" or not re.fullmatch(r"[a-z0-9.-]+", name) or parts.path not in ("", "/"):
        raise UnusableSetting(f"--address {address}: write it as https://bot.clinic.example, without a path")
    # What is typed without https:// is sent on to where the clinic's visitors are meant to come, whichever port nginx itself listens on.
    shown = parts.netloc if parts.port else name
    return {
        "listen_http.conf": f"listen {http} default_server;\nserver_name {name};\nset $public_name {shown};\n",
        "listen_https.conf": (
            f"listen {https} ssl default_server;\nserver_name {name};\n"
            f"ssl_certificate {_quoted(certificate)};\nssl_certificate_key {_quoted(key)};\nroot {_quoted(folder)};\n"
        ),
    }


def write(folder: Path, arguments: argparse.Namespace) -> None:
    """Writes all files to the folder.

    Raises:
        UnusableSetting: an argument or clinic.yml cannot be used.
        InvalidFile: clinic.yml or domain.yml has faults.
    """
    web = clinic_settings().web
    if web.proxies < 1:
        raise UnusableSetting("clinic.yml: set web.proxies to 1; otherwise the bot takes all patients for one, nginx, and limits them together")
    files = {
        "nginx.conf": (HERE / "nginx.conf").read_text(encoding="utf-8"),
        "upstreams.conf": upstreams(arguments.server),
        "private.conf": private(arguments.private),
        "origins.conf": origins(web.sites),
        **listening(folder, arguments.address, arguments.certificate, arguments.key, arguments.http, arguments.https),
        **{f"answers/{name}": text for name, text in answers().items()},
    }
    (folder / "answers").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(given: Optional[List[str]] = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Puts together what nginx needs (deploy/nginx.conf says how to start it).")
    parser.add_argument("folder", type=Path, help="where nginx will find the files")
    parser.add_argument("--address", required=True, help="the bot's public address, such as https://bot.clinic.example")
    parser.add_argument("--certificate", required=True, type=Path, help="PEM file, with the certificates between")
    parser.add_argument("--key", required=True, type=Path, help="PEM file of the private key")
    parser.add_argument("--private", action="append", default=[], help="range that may see the staff page and the metrics; may be repeated")
    parser.add_argument("--server", action="append", default=[], help="host:port of a Rasa server; may be repeated; upstreams.conf without it")
    parser.add_argument("--http", type=int, default=8080, help="port that sends visitors on to https")
    parser.add_argument("--https", type=int, default=8443)
    arguments = parser.parse_args(given)
    arguments.private = [part for ranges in arguments.private for part in ranges.replace(",", " ").split()]
    try:
        write(arguments.folder.resolve(), arguments)
    except (UnusableSetting, InvalidFile) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
