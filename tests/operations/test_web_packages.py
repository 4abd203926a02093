"""Fetching the widget's packages: once, checked, and with a clear word where that fails."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from rasa_project.operations import web_packages
from rasa_project.operations.web_packages import Package, PackagesUnavailable


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for npm: packs a folder of two files, and counts how often."""
    log = tmp_path / "calls"
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.js").write_text("a", encoding="utf-8")
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package" / "a.js", "package/a.js")
    program = tmp_path / "npm"
    reply = json.dumps([{"filename": "a.tgz"}])
    program.write_text(f"#!/bin/sh\necho called >> {log}\ncp {tmp_path}/a.tgz \"$5\"/a.tgz\necho '{reply}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("CLINIC_BOT_CACHE", str(tmp_path / "cache"))
    return log


def declare(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    package = {"version": "1.0.0", "sha512": "x" * 88, "files": ["a.js"], **changed}
    monkeypatch.setattr(web_packages, "packages", lambda: {"a": Package(**package)})


def test_another_checksum_than_the_reviewed_one_is_refused_and_nothing_is_kept(npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch)
    with pytest.raises(PackagesUnavailable, match="another checksum") as error:
        web_packages.fetch()
    with pytest.raises(PackagesUnavailable, match="web-packages"):
        web_packages.package_files()
    declare(monkeypatch, sha512=str(error.value).split("says: ")[1].split(". ")[0])
    web_packages.fetch()
    assert [path.read_text(encoding="utf-8") for path in web_packages.package_files()] == ["a"]
    web_packages.fetch()
    assert npm.read_text(encoding="utf-8").count("called") == 2, "what is there is not fetched again"


def test_without_npm_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CLINIC_BOT_CACHE", str(tmp_path))
    declare(monkeypatch)
    with pytest.raises(PackagesUnavailable, match="Install Node"):
        web_packages.fetch()


def test_the_shipped_list_is_whole() -> None:
    assert set(web_packages.packages()) == {"botframework-webchat", "react"}
