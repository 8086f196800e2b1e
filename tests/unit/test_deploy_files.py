"""The image and the compose file: well-formed by the specification's own schema, closed, and of one piece."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from compose_file import FILE, ROOT, compose, dockerfile, generated, image_environment

ENV = {name: name.lower() for name in (
    "KAFKA_CLUSTER_ID", "ELASTIC_PASSWORD", "KIBANA_PASSWORD", "KIBANA_ENCRYPTION_KEY", "RASID_WEB_PASSWORD",
    "GRAFANA_PASSWORD",
)}  # fmt: skip
SERVICES = compose(ENV)["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "rasid:latest"}
STAGES = {"admit", "enrich", "group", "index", "match", "decide", "deliver"}


def test_it_is_what_the_compose_specification_allows() -> None:
    """By the specification's own JSON Schema, as it is written and with the variables put in."""
    schema = json.loads((ROOT / "tests" / "data" / "compose" / "compose-spec.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(yaml.safe_load(FILE.read_text("utf-8")))
    jsonschema.Draft7Validator(schema).validate(compose(ENV))


def test_every_part_of_the_cluster_is_there() -> None:
    """Servers, a worker for each stage, poller, page, the one-shot jobs; monitoring only when asked for."""
    assert set(SERVICES) == STAGES | {
        "kafka", "elasticsearch", "kibana", "setup", "kibana-objects", "poll", "web", "retain", "prometheus", "grafana",
    }  # fmt: skip
    assert {name for name, one in SERVICES.items() if "profiles" in one} == {"prometheus", "grafana"}
    assert all(SERVICES[stage]["command"] == ["worker", stage] for stage in STAGES)


def test_ports_are_open_on_this_machine_alone() -> None:
    """Each on 127.0.0.1; the servers behind have none."""
    ports = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert set(ports) == {"web", "kibana", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for one in ports.values() for port in one)


def test_only_who_must_leaves_the_inner_network() -> None:
    """Kafka, Elasticsearch and the daemons that need no more have no way out."""
    assert compose(ENV)["networks"]["inside"] == {"internal": True}
    outside = {name for name, one in SERVICES.items() if "outside" in one["networks"]}
    assert outside == {"poll", "deliver", "web", "kibana", "prometheus", "grafana"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs(name: str) -> None:
    """Each dependency has a condition; who is waited for as healthy has a check; jobs are waited for to the end."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "test" in SERVICES[other]["healthcheck"] or other in OURS
        else:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[other]["healthcheck"] == {"disable": True}
            assert SERVICES[other]["restart"].startswith("on-failure")
    if name in OURS and name not in {"setup", "kibana-objects"}:
        assert set(SERVICES[name]["depends_on"]) == {"kafka", "elasticsearch", "setup"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_shut_in(name: str) -> None:
    """No capability, no new privilege; ours with a read-only root besides; logs do not fill the disk."""
    one = SERVICES[name]
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in one
    assert one["logging"]["options"]["max-size"]
    assert one.get("read_only", False) or name not in OURS
    assert not any("docker.sock" in str(volume) for volume in one.get("volumes", ()))


def test_servers_have_fixed_versions_and_elastic_s_are_one() -> None:
    """No `latest` but our own; Elasticsearch and Kibana of one tag, Kafka's and Elasticsearch's those of the tests."""
    tags = {name: one["image"].split(":")[1] for name, one in SERVICES.items() if name not in OURS}
    assert "latest" not in tags.values()
    pom = (ROOT / "deploy" / "local" / "pom.xml").read_text("utf-8")
    script = (ROOT / "deploy" / "local" / "elasticsearch.sh").read_text("utf-8")
    assert f"<kafka.version>{tags['kafka']}</kafka.version>" in pom
    assert f"VERSION={tags['elasticsearch']}\n" in script
    assert tags["kibana"] == tags["elasticsearch"]


def test_nothing_secret_is_in_the_file() -> None:
    """Every password comes from .env, and its lack is said with what makes it."""
    with pytest.raises(KeyError, match="make-env"):
        compose({})
    for name, one in SERVICES.items():
        for variable, value in one.get("environment", {}).items():
            if re.search("PASSWORD|KEY$|SECRET", variable):
                assert value in ENV.values(), (name, variable)


def test_volumes_and_mounted_files_are_there() -> None:
    """Each named volume is declared and used, each mounted directory is in the repo."""
    declared, used = set(compose(ENV)["volumes"]), set()
    for one in SERVICES.values():
        for volume in one.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_dir()
            else:
                used.add(source)
    assert used == declared


def test_passwords_are_made_once(tmp_path: Path) -> None:
    """Long, all different, for the owner's eyes only; a second run changes nothing; all variables are given."""
    script = tmp_path / "deploy" / "docker" / "make-env"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "docker" / "make-env", script)
    for _ in range(2):
        subprocess.run([script], check=True, capture_output=True)
    file = tmp_path / ".env"
    made = generated(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secrets = [value for name, value in made.items() if "PASSWORD" in name or "KEY" in name]
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", one) for one in secrets)
    assert len(set(secrets)) == len(secrets) == 5
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", made["KAFKA_CLUSTER_ID"])
    wanted = set(re.findall(r"\$\{(\w+)", FILE.read_text("utf-8")))
    assert wanted == set(made)
    before = file.read_bytes()
    subprocess.run([script], check=True, capture_output=True)
    assert file.read_bytes() == before


def test_the_env_file_is_never_committed() -> None:
    """It is ignored, and no image gets it."""
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert (ROOT / ".dockerignore").read_text("utf-8").splitlines()[1] == "*"


def _copied() -> list[str]:
    """Give every path that the Dockerfile takes from the checkout."""
    copies = [rest.split()[:-1] for kind, rest in dockerfile() if kind == "COPY" and "--from" not in rest]
    return [path for paths in copies for path in paths]


def test_what_the_image_takes_is_there_and_not_ignored() -> None:
    """Each COPY names what the checkout has, and .dockerignore lets it through."""
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    for path in _copied():
        assert (ROOT / path).exists(), path
        assert any(
            Path(path) == Path(one) or Path(one) in Path(path).parents or Path(path).match(one) for one in allowed
        ), path


def test_the_wheel_s_sources_are_all_taken() -> None:
    """What pyproject.toml packs and reads is copied before the program is installed."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    packages = re.findall(r'packages = \["ingest", "processors", "rasid"\]', project)
    assert packages
    forced = re.findall(r'^"?([\w./-]+)"? = "rasid/', project.partition("force-include]")[2], re.MULTILINE)
    assert {"ingest", "processors", "rasid", "README.md", "LICENSE", *forced} <= set(_copied())


def test_the_image_runs_as_nobody_and_without_a_shell() -> None:
    """A user by number, exec forms, a check, the signal that the program handles; the base can be pinned."""
    kinds = dict(dockerfile())
    assert kinds["USER"] == "10001:10001"
    assert json.loads(kinds["ENTRYPOINT"]) == ["rasid"]
    assert json.loads(kinds["CMD"]) == ["run"]
    assert kinds["STOPSIGNAL"] == "SIGTERM"
    assert "healthcheck.py" in kinds["HEALTHCHECK"]
    assert [rest for kind, rest in dockerfile() if kind == "FROM"] == ["${BASE} AS build", "${BASE}"]
    assert image_environment()["RASID_DATA_DIR"] == "/var/lib/rasid"


def test_the_requirements_are_those_of_the_project() -> None:
    """What the image installs first: the project's own requirements and the cluster's, at the tested versions."""
    script = ROOT / "deploy" / "docker" / "requirements.py"
    command = [sys.executable, script, ROOT / "pyproject.toml", "cluster"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert any(line.startswith("aiohttp>=") for line in lines)
    assert "faust-streaming==0.15.3" in lines
    assert not any("pytest" in line for line in lines)


def test_the_health_check_says_what_is_wrong() -> None:
    """Where nothing answers it exits 1 and names both addresses it tried."""
    environment = {**os.environ, "RASID_METRICS_PORT": "9", "RASID_WEB_PORT": "9"}
    command = [sys.executable, ROOT / "deploy" / "docker" / "healthcheck.py"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("http://127.0.0.1:9/healthz") == 2
