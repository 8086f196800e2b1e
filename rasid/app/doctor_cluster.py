"""What `rasid doctor` looks at in the cluster: brokers, topics, Elasticsearch, lag, feeds, clock and disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.feedlist import read_feeds
from rasid.app.bootstrap import feeds_file
from rasid.app.checks import Check, attempt, libraries
from rasid.app.cluster import Cluster, cluster, shipped_topics
from rasid.app.stages import READS
from rasid.codec import decode_body
from rasid.domain import topics
from rasid.domain.errors import CodecError, InputError, StoreError
from rasid.domain.feed import FeedMemory, FeedState
from rasid.settings import Settings

if TYPE_CHECKING:
    from rasid.adapters.elasticsearch_health import ServerHealth

_MODULES = ("aiokafka", "cramjam", "elasticsearch", "faust", "feedparser", "kafka", "trafilatura", "zstandard")
_MOST_LAG = 10_000
_MOST_SKEW = 5.0
_LEAST_SHARE = 0.15  # Elasticsearch puts no new shards on a disk with less


def checks(settings: Settings) -> Iterator[Check]:
    """Look at one thing after the other."""
    found = libraries(_MODULES, "pip install 'rasid[cluster]', or use the image that has it")
    yield found
    if not found.ok:
        return
    where = cluster(settings)
    yield attempt("brokers", lambda: _brokers(where), "start Kafka, or correct `kafka` and the credentials")
    yield attempt("topics", lambda: _topics(where), "rasid topics apply")
    yield attempt("lag", lambda: _lag(where), "start the daemon named, or more of it: rasid worker STAGE")
    yield attempt("dead letters", lambda: _dead(where), "rasid dlq list shows why; rasid dlq replay tries them again")
    yield attempt("feed list", lambda: _listed(settings), "mend the line that is named")
    yield attempt("feeds", lambda: _feeds(where), "rasid feeds check tries them; is `rasid poll` running?")
    yield from _elasticsearch(settings, where)


def _brokers(where: Cluster) -> str:
    import kafka  # noqa: PLC0415 - looked for first

    with where.kafka.translate("asking for the brokers"):
        admin = where.kafka.make(kafka.KafkaAdminClient)
        try:
            found = admin.describe_cluster()["brokers"]
        finally:
            admin.close()
    if not found:
        raise StoreError(f"Kafka at {where.kafka.servers}: no broker takes part")
    places = ", ".join(f"{one['host']}:{one['port']}" for one in found)
    return f"{len(found)} at {places}"


def _topics(where: Cluster) -> str:
    from rasid.adapters.kafka_topics import apply, load_plans  # noqa: PLC0415 - as above

    plans = load_plans(shipped_topics())
    if changes := apply(where.kafka, plans, dry_run=True):
        raise StoreError(f"{len(changes)} differ, such as {changes[0]}")
    return f"all {len(plans.plans)} as they should be"


def _lag(where: Cluster) -> str:
    from rasid.adapters.kafka_offsets import GroupOffsets  # noqa: PLC0415 - as above

    lags: dict[str, int] = {}
    for stage, reads in READS.items():
        with GroupOffsets(where.kafka, stage, reads) as offsets:
            lags[stage] = sum(max(0, end - done) for done, end in offsets().values())
    words = ", ".join(f"{stage} {lag}" for stage, lag in lags.items() if lag) or "nothing waits"
    if max(lags.values()) > _MOST_LAG:
        raise StoreError(f"messages wait: {words}")
    return words


def _dead(where: Cluster) -> str:
    from rasid.adapters.kafka_bus import KafkaBus  # noqa: PLC0415 - as above

    with KafkaBus(where.kafka) as bus:
        waiting = bus.lag("replay", topics.DEAD.name)
    if waiting:
        raise StoreError(f"{waiting} messages could not be processed")
    return "none"


def _listed(settings: Settings) -> str:
    if settings.feeds == "sample":
        return "the sample alone"
    file = feeds_file(settings)
    return f"{len(read_feeds(file))} feeds" if file.exists() else f"{file}: made when `rasid poll` first runs"


def _feeds(where: Cluster) -> str:
    from rasid.adapters.kafka_bus import KafkaBus  # noqa: PLC0415 - as above

    states: dict[str, FeedState] = {}
    with KafkaBus(where.kafka) as bus:
        for record in bus.read(topics.FEEDS.name):
            if b"\n" in record.message.key or not record.message.value:
                continue
            try:
                state = decode_body(record.message.value, FeedMemory).state
            except CodecError:
                continue
            states[state.feed_id] = state
    failing = [state for state in states.values() if state.failures or state.gone]
    if not states:
        raise StoreError("no feed was polled yet")
    if failing:
        raise StoreError(
            f"{len(failing)} of {len(states)} polled feeds fail, such as {failing[0].url}: {failing[0].last_error}"
        )
    return f"{len(states)} polled, none fails"


def _elasticsearch(settings: Settings, where: Cluster) -> Iterator[Check]:
    from rasid.adapters.elasticsearch_health import ElasticsearchHealth, client_major  # noqa: PLC0415 - as above

    held: list[ServerHealth] = []

    def look() -> str:
        if not where.elasticsearch:
            raise InputError("no Elasticsearch is named")
        with ElasticsearchHealth(
            where.elasticsearch, api_key=where.elasticsearch_api_key, ca_certs=where.elasticsearch_ca_file
        ) as server:
            health = server.look()
        held.append(health)
        if health.status == "red":
            raise StoreError(f"{where.elasticsearch}: its health is red: shards are missing")
        return f"{where.elasticsearch}: {health.version}, {health.status}"

    yield attempt("Elasticsearch", look, "start it, or correct `elasticsearch` (RASID_ELASTICSEARCH) and the key")
    for health in held:
        yield _same_major(health, client_major())
        yield _analyzers(health)
        yield attempt("mapping", lambda: _mapping(settings), "rasid index init, then rasid index reindex")
        yield _clock(health)
        yield _disk(health)


def _same_major(health: ServerHealth, client: int) -> Check:
    same = int(health.version.split(".")[0]) == client
    return Check(
        "Elasticsearch's major version",
        same,
        f"server {health.version}, client {client}",
        "" if same else f"run Elasticsearch {client}.x, or another rasid",
    )


def _analyzers(health: ServerHealth) -> Check:
    lacks = ", ".join(health.missing_analyzers)
    return Check(
        "analyzers",
        not lacks,
        f"missing: {lacks}" if lacks else "all there",
        "use Elastic's full distribution: its module analysis-common has them" if lacks else "",
    )


def _clock(health: ServerHealth) -> Check:
    in_time = abs(health.skew) <= _MOST_SKEW
    return Check(
        "clock",
        in_time,
        f"Elasticsearch's is {abs(health.skew):.1f} s {'ahead' if health.skew > 0 else 'behind'}",
        "" if in_time else "set all machines' clocks by NTP (timedatectl set-ntp true)",
    )


def _disk(health: ServerHealth) -> Check:
    roomy = health.free_share > _LEAST_SHARE
    return Check(
        "disk",
        roomy,
        f"{health.free_bytes / 2**30:.1f} GiB ({health.free_share:.0%}) free on Elasticsearch's fullest disk",
        "" if roomy else "rasid index retain, or a larger disk",
    )


def _mapping(settings: Settings) -> str:
    from rasid.app.indices import open_admin  # noqa: PLC0415 - as above

    with open_admin(settings) as admin:
        found = admin.status()
    if misfits := [one for one in found if one.misfit]:
        raise StoreError(f"{misfits[0].index}: {misfits[0].misfit}")
    if not found:
        raise StoreError("there are no indices yet")
    return f"{len(found)} indices fit, version {max(one.mapping_version or 0 for one in found)}"
