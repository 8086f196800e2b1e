# The image of every daemon and of the embedded service. Not built here (docs/deploy.md says what was checked).
# Pin the base by digest where builds must repeat: docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONUTF8=1
WORKDIR /src
RUN python -m venv /opt/rasid
# What the program needs comes before the program: a change of the code does not fetch it again.
COPY pyproject.toml constraints.txt deploy/docker/requirements.py ./
RUN python requirements.py pyproject.toml cluster > requirements.txt \
    && /opt/rasid/bin/pip install --only-binary :all: -c constraints.txt -r requirements.txt 'hatchling>=1.27'
COPY README.md LICENSE CHANGELOG.md ./
COPY deploy/topics.yaml deploy/
COPY rules rules
COPY ingest ingest
COPY processors processors
COPY rasid rasid
RUN /opt/rasid/bin/pip install --no-deps --no-build-isolation . \
    && /opt/rasid/bin/pip uninstall --yes hatchling pip \
    && /opt/rasid/bin/python -m compileall -q /opt/rasid/lib

FROM ${BASE}
LABEL org.opencontainers.image.title="Rasid" \
      org.opencontainers.image.description="Watches the world's news feeds across languages." \
      org.opencontainers.image.licenses="Apache-2.0"
# A number: so that a cluster that asks for a user other than root can see that it is one.
RUN groupadd --gid 10001 rasid \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/rasid --create-home --shell /usr/sbin/nologin rasid \
    && install --directory --owner 10001 --group 10001 /run/rasid
COPY --from=build /opt/rasid /opt/rasid
COPY deploy/docker/healthcheck.py deploy/docker/setup.py deploy/docker/kibana_import.py /opt/rasid/deploy/
COPY deploy/kibana/rasid.ndjson /opt/rasid/deploy/kibana/
# The root may be read-only: all that is written is in /var/lib/rasid and /tmp. Logs are JSON lines on stderr.
ENV PATH=/opt/rasid/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 \
    RASID_DATA_DIR=/var/lib/rasid RASID_LOG_FORMAT=json RASID_METRICS_PORT=9350
USER 10001:10001
WORKDIR /var/lib/rasid
VOLUME /var/lib/rasid
# Without a shell or init between: the program is process 1, handles SIGTERM itself and waits for its children.
ENTRYPOINT ["rasid"]
CMD ["run"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=4 \
    CMD ["python", "/opt/rasid/deploy/healthcheck.py"]
