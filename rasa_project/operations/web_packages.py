"""Fetches what the chat widget takes from npm, once, and proves that it is what was reviewed."""

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Dict, List

from pydantic import BaseModel, Extra, Field

from rasa_project.settings import WEB_FOLDER, cache_folder
from rasa_project.validation import load_model, read_yaml

PACKAGES_FILE = WEB_FOLDER / "packages.yml"
FETCH_SECONDS = 300


class PackagesUnavailable(RuntimeError):
    """A package could not be fetched, or is not the one that was reviewed; the message says what to do."""


class Package(BaseModel):
    """One package of ``web/packages.yml``."""

    version: str
    sha512: str = Field(min_length=88, max_length=88)
    files: List[str] = Field(min_items=1)

    class Config:
        extra = Extra.forbid


def packages() -> Dict[str, Package]:
    """Raises ``InvalidFile`` with a line for each fault."""
    return {name: load_model(PACKAGES_FILE, Package, entry) for name, entry in read_yaml(PACKAGES_FILE).items()}


def package_folder(name: str, package: Package) -> Path:
    """Where the files of a package lie; the checksum in its name ties it to what was reviewed."""
    return cache_folder() / "web" / f"{name}-{package.version}-{hashlib.sha256(package.sha512.encode()).hexdigest()[:8]}"


def package_files() -> List[Path]:
    """All files that the widget is served with.

    Raises:
        PackagesUnavailable: they have not been fetched yet.
    """
    files = [package_folder(name, package) / Path(file).name for name, package in packages().items() for file in package.files]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise PackagesUnavailable(f"The chat widget lacks {', '.join(missing)}. Run: python -m rasa_project web-packages")
    return files


def fetch() -> None:
    """Fetches the packages that are not there yet.

    Raises:
        PackagesUnavailable: npm is missing or fails, or a checksum differs.
    """
    for name, package in packages().items():
        folder = package_folder(name, package)
        if not all((folder / Path(file).name).is_file() for file in package.files):
            with tempfile.TemporaryDirectory(prefix="clinic-bot-npm-") as scratch:
                archive = _packed(f"{name}@{package.version}", Path(scratch))
                _check(archive, name, package)
                _keep(archive, package, Path(scratch) / "kept", folder)


def _packed(what: str, scratch: Path) -> Path:
    if shutil.which("npm") is None:
        raise PackagesUnavailable("The chat widget needs npm once, to fetch its parts. Install Node.js with npm, then try again.")
    command = ["npm", "pack", what, "--json", "--pack-destination", str(scratch)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, cwd=scratch)
    except subprocess.TimeoutExpired:
        raise PackagesUnavailable(f"npm did not fetch {what} within {FETCH_SECONDS} seconds. Check the network, then try again.") from None
    if done.returncode != 0:
        raise PackagesUnavailable(f"npm could not fetch {what}:\n{done.stderr.strip()}")
    return scratch / json.loads(done.stdout)[0]["filename"]


def _check(archive: Path, name: str, package: Package) -> None:
    got = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if got != package.sha512:
        raise PackagesUnavailable(f"{name} {package.version} has another checksum than {PACKAGES_FILE} says: {got}. Review it before you use it.")


def _keep(archive: Path, package: Package, scratch: Path, folder: Path) -> None:
    scratch.mkdir()
    with tarfile.open(archive) as contents:
        for file in package.files:
            member = contents.extractfile(f"package/{file}")
            if member is None:
                raise PackagesUnavailable(f"{archive.name} has no file {file}; correct {PACKAGES_FILE}.")
            (scratch / Path(file).name).write_bytes(member.read())
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.move(str(scratch), folder)
