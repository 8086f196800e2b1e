"""Each service of docker-compose.yml, with its exact command line and environment, on the real servers of this machine.

In place of the containers: the program of this checkout, addresses of this machine, a directory for each volume. The
secured Elasticsearch stands for the one of the file, TLS put on; Kafka is started with the file's own settings.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from compose_file import ROOT, compose, generated, image_environment
from contract import kafka_server
from contract.elasticsearch_server import remove, started
from elasticsearch import AuthorizationException, Elasticsearch

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.xdist_group("elasticsearch-secure")]

DAEMONS = ("poll", "admit", "enrich", "group", "index", "match", "decide", "deliver", "web")
BIN = Path(sys.executable).parent
Json = dict[str, Any]


def free_port() -> int:
    """Give a port of 127.0.0.1 nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(wanted: Callable[[], bool], what: Callable[[], str], seconds: float = 240) -> None:
    """Wait for something, at most so long."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, what()
        time.sleep(0.5)


def renamed(value: str, names: dict[str, str]) -> str:
    """Put names of this machine in the place of those in the containers' network."""
    for known, here in names.items():
        value = value.replace(known, here)
    return value


@dataclass
class Site:
    """The file, filled from an .env as it is made, and where its names lead here."""

    services: Json
    prefix: str
    desk: Path
    keys: Path
    addresses: dict[str, str]
    extra: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, dict[str, str]] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """Give a service's whole environment: the image's, the file's, and where its names lead here."""
        given = {**image_environment(), **self.services[name].get("environment", {})}
        given = {variable: renamed(value, self.addresses) for variable, value in given.items()}
        ports = self.ports.setdefault(
            name, {"RASID_METRICS_PORT": str(free_port()), "RASID_WEB_PORT": str(free_port())}
        )
        return {**given, "PATH": os.environ["PATH"], "RASID_DATA_DIR": str(self.desk), **ports, **self.extra}

    def command(self, name: str) -> list[str]:
        """Give a service's command line with the programs of this checkout in place of the image's."""
        one = self.services[name]
        words = [*one.get("entrypoint", ["rasid"]), *one.get("command", [])]
        programs = {"rasid": str(BIN / "rasid"), "python": sys.executable}
        here = [word.replace("/opt/rasid/deploy/kibana/", f"{ROOT}/deploy/kibana/") for word in words[1:]]
        return [programs[words[0]], *(word.replace("/opt/rasid/deploy", str(ROOT / "deploy/docker")) for word in here)]

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a one-shot service to its end."""
        return subprocess.run(
            self.command(name), env=self.environment(name), capture_output=True, text=True, check=False, timeout=180
        )

    def start(self, name: str) -> None:
        """Start a daemon; what it says goes to a file beside the desk."""
        with (self.desk.parent / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                self.command(name), env=self.environment(name), stdout=log, stderr=log
            )

    def said(self, name: str) -> str:
        """Give what a daemon said."""
        return (self.desk.parent / f"{name}.log").read_text("utf-8", "replace")

    def is_healthy(self, name: str) -> bool:
        """Ask as the image's HEALTHCHECK does."""
        assert self.processes[name].poll() is None, self.said(name)
        command = [sys.executable, str(ROOT / "deploy" / "docker" / "healthcheck.py")]
        return subprocess.run(command, env=self.environment(name), capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Make an .env, and names of our own on the servers."""
    root = tmp_path_factory.mktemp("site")
    subprocess.run([ROOT / "deploy" / "docker" / "make-env", root / ".env"], check=True, capture_output=True)
    secure = started("--secure")
    password = Path(secure["RASID_ELASTICSEARCH_PASSWORD_FILE"]).read_text("utf-8").strip()
    environment = generated(root / ".env") | {"ELASTIC_PASSWORD": password}
    prefix = f"test-{uuid4().hex[:12]}"
    (root / "keys").mkdir()
    made = Site(
        services=compose(environment)["services"],
        prefix=prefix,
        desk=root / "desk",
        keys=root / "keys",
        addresses={
            "kafka:9092": kafka_server.kafka_servers(),
            "http://elasticsearch:9200": secure["RASID_ELASTICSEARCH"],
            "/run/rasid": str(root / "keys"),
            "/var/lib/rasid": str(root / "desk"),
            "0.0.0.0": "127.0.0.1",
        },
        extra={
            "RASID_ELASTICSEARCH_CA_FILE": secure["RASID_ELASTICSEARCH_CA"],
            "RASID_ELASTICSEARCH_PREFIX": prefix,
            "RASID_GROUP_PREFIX": f"{prefix}.",
            "RASID_FEEDS": "sample",
        },
    )
    with elastic(made) as client:
        try:
            yield made
        finally:
            for process in made.processes.values():
                process.kill()
                process.wait()
            remove(client, prefix)
            client.security.delete_role(name=f"{prefix}_reader")
            client.security.invalidate_api_key(name=f"{prefix}-daemons")


@contextmanager
def elastic(site: Site, **login: Any) -> Iterator[Elasticsearch]:
    """Give a client, the user `elastic`'s where nothing else is said."""
    environment = site.environment("setup")
    given = login or {"basic_auth": ("elastic", environment["ELASTIC_PASSWORD"])}
    url, ca_certs = environment["RASID_ELASTICSEARCH"], environment["RASID_ELASTICSEARCH_CA_FILE"]
    with Elasticsearch(url, ca_certs=ca_certs, **given) as client:
        yield client


def test_the_whole_file_runs(site: Site) -> None:
    """Setup makes all ready, each daemon becomes healthy, reports are found and alert, SIGTERM ends each cleanly."""
    for _ in range(2):  # again at each start
        done = site.run("setup")
        assert done.returncode == 0, done.stderr
        assert not any(secret in done.stdout + done.stderr for secret in _secrets(site))
    for name in (*DAEMONS, "retain"):
        site.start(name)
    for name in DAEMONS:
        until(partial(site.is_healthy, name), partial(site.said, name))
    until(lambda: _found(site, "Syria OR سوريا OR Сирия") > 5, lambda: "\n".join(map(site.said, DAEMONS)))
    until(lambda: _alerts(site) > 0, partial(site.said, "deliver"))
    until(lambda: "removed 0 articles" in site.said("retain"), partial(site.said, "retain"))
    for name in site.processes:
        site.processes[name].send_signal(signal.SIGTERM)
    for name in site.processes:
        assert site.processes[name].wait(60) == 0, (name, site.said(name)[-2000:])
        assert not any(secret in site.said(name) for secret in _secrets(site))


def _alerts(site: Site) -> int:
    """Count what the shipped rule said, where Kibana reads it."""
    with elastic(site) as client:
        return int(client.count(index=f"{site.prefix}-alerts", ignore_unavailable=True)["count"])


def _secrets(site: Site) -> list[str]:
    found = [value for name, value in site.environment("setup").items() if name.endswith("PASSWORD")]
    key = site.keys / "elasticsearch.key"
    return [*found, key.read_text("utf-8")] if key.exists() else found


def _found(site: Site, query: str) -> int:
    """Search on the page as a person with the password does."""
    environment = site.environment("web")
    login = base64.b64encode(f"rasid:{environment['RASID_WEB_PASSWORD']}".encode()).decode()
    url = f"http://127.0.0.1:{environment['RASID_WEB_PORT']}/api/search?q={urllib.parse.quote(query)}"
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {login}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(json.loads(answer.read())["total"])
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"{error.code}: {error.read().decode()}\n")  # shown where the test fails
        return 0


def test_the_daemons_key_opens_only_what_is_theirs(site: Site) -> None:
    """Setup writes a key for the owner's eyes, kept when it runs again, anew when it no longer works."""
    file = site.keys / "elasticsearch.key"
    site.run("setup")
    first = file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    with elastic(site, api_key=first) as client:
        client.count(index=f"{site.prefix}-articles", ignore_unavailable=True)
        with pytest.raises(AuthorizationException):
            client.count(index="other-articles")
    site.run("setup")
    assert file.read_text("utf-8") == first
    with elastic(site) as client:
        client.security.invalidate_api_key(ids=[base64.b64decode(first).decode().partition(":")[0]])
        assert list(client.security.get_role(name=f"{site.prefix}_reader"))
    assert site.run("setup").returncode == 0
    assert file.read_text("utf-8") != first


def test_a_wrong_password_is_said(site: Site) -> None:
    """As when a volume is older than the .env: in a sentence, without the password."""
    environment = {**site.environment("setup"), "ELASTIC_PASSWORD": "wrong-password"}
    done = subprocess.run(
        site.command("setup"), env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "does not accept ELASTIC_PASSWORD" in done.stderr
    assert "wrong-password" not in done.stderr


def test_kafka_starts_with_the_file_s_settings(site: Site, tmp_path: Path) -> None:
    """The image makes server.properties of KAFKA_ variables; a broker takes them, and its id from .env."""
    given = site.services["kafka"]["environment"]
    broker, controller = free_port(), free_port()
    names = {"kafka:9092": f"127.0.0.1:{broker}", "//:9092": f"//127.0.0.1:{broker}", "kafka:9093": f"127.0.0.1:{controller}",
             "//:9093": f"//127.0.0.1:{controller}", "/var/lib/kafka/data": str(tmp_path)}  # fmt: skip
    lines = []
    for name, value in given.items():
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS":
            lines.append(f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={renamed(value, names)}")
    file = tmp_path / "server.properties"
    file.write_text("\n".join(lines), "utf-8")
    shell = 'NAME=kafka; . deploy/local/common.sh; echo "$(find_jdk 17)/bin/java"; ls -d "$CACHE"/kafka-jars-*'
    java, jars = subprocess.run(
        ["bash", "-c", shell], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    run = [java, "-Xmx256m", "-cp", f"{jars}/*"]
    subprocess.run(
        [*run, "kafka.tools.StorageTool", "format", "-t", given["CLUSTER_ID"], "-c", file],
        check=True,
        capture_output=True,
    )
    with (tmp_path / "said.log").open("wb") as log:
        process = subprocess.Popen([*run, "kafka.Kafka", file], stdout=log, stderr=log)
    try:
        until(lambda: _applies_topics(broker), (tmp_path / "said.log").read_text, 60)
    finally:
        process.terminate()
        process.wait(30)


def _applies_topics(port: int) -> bool:
    environment = {"PATH": os.environ["PATH"], "RASID_KAFKA": f"127.0.0.1:{port}"}
    done = subprocess.run(
        [BIN / "rasid", "topics", "apply"], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode == 0 and "news.entries.raw.v1" in done.stdout


class _Kibana(http.server.BaseHTTPRequestHandler):
    """Takes an import as Kibana's documentation says it does: this is not Kibana, which cannot be had here."""

    taken: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = json.dumps({"success": len(self.taken) == 1, "successCount": 50, "errors": [{"id": "x"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


def test_kibana_s_objects_are_sent_whole(site: Site) -> None:
    """As the import interface asks for them: one form with the file, the header against forgery, the login."""
    _Kibana.taken = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Kibana)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.addresses["http://kibana:5601"] = f"http://127.0.0.1:{server.server_port}"
    good, bad = site.run("kibana-objects"), site.run("kibana-objects")
    server.shutdown()
    server.server_close()
    path, headers, body = _Kibana.taken[0]
    assert path == "/api/saved_objects/_import?overwrite=true"
    assert headers["kbn-xsrf"]
    assert base64.b64decode(headers["authorization"].split()[1]).startswith(b"elastic:")
    assert (ROOT / "deploy" / "kibana" / "rasid.ndjson").read_bytes() in body
    assert body.startswith(b"--" + headers["content-type"].split("boundary=")[1].encode())
    assert (good.returncode, good.stderr) == (0, "50 objects imported\n")
    assert bad.returncode == 1
    assert "not all was imported" in bad.stderr
