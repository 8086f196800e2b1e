#!/usr/bin/env bash
# A real Kafka on this machine, without Docker: deploy/local/kafka.sh start|stop|status|env|clean
#   start    fetch Kafka from Maven Central once, start it if it is not running, wait until it answers, print its address
#   stop     stop it; its data and logs stay        clean   stop it and drop its data
#   status   say whether it runs                    env     print RASID_KAFKA=127.0.0.1:PORT of the running one
# One node in KRaft mode on 127.0.0.1, a user other than root, everything under .cache/servers/kafka
# (or $RASID_SERVERS_DIR/kafka). Java options: $RASID_KAFKA_JAVA_OPTS.
NAME=kafka
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

POM="$ROOT/deploy/local/pom.xml"
VERSION="$(sed -nE 's/.*<kafka.version>(.*)<\/kafka.version>.*/\1/p' "$POM")"
JARS="$HOME_DIR/kafka-$VERSION"
CONFIG="$HOME_DIR/server.properties"

# Into a directory beside, then renamed: a fetch that was cut short is never taken for a whole one.
fetch() {
    if [ -d "$JARS" ]; then return; fi
    echo "kafka: fetching Kafka $VERSION (54 MB, once)" >&2
    rm -rf "$JARS.part"
    maven -f "$POM" dependency:copy-dependencies -DoutputDirectory="$JARS.part"
    mv "$JARS.part" "$JARS"
}

configure() {
    local port="$1" controller="$2"
    cat >"$CONFIG" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
log.dirs=$HOME_DIR/data/log
# A misspelt topic is an error, not a new topic; ours come from deploy/topics.yaml.
auto.create.topics.enable=false
# One node: Kafka's own topics cannot have more copies; few partitions, because each costs files and start-up time.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Waiting for more members is for large groups: here every test would wait 3 s.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# Segments are made as needed, not 10 MB of index ahead for each of hundreds of test partitions.
log.index.size.max.bytes=1048576
PROPERTIES
}

run_java() { # run_java MAIN-CLASS ARGUMENTS...: to the end, as the server's user
    as_server "$JAVA" -Xmx128m -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$JARS/*" "$@"
}

format_data() {
    if [ -e "$HOME_DIR/data/log/meta.properties" ]; then return; fi
    own "$HOME_DIR/data"
    local id
    id="$(run_java kafka.tools.StorageTool random-uuid)"
    run_java kafka.tools.StorageTool format -t "$id" -c "$CONFIG" >"$HOME_DIR/format.log" 2>&1 || {
        tail -n 5 "$HOME_DIR/format.log" >&2
        die "the data directory could not be formatted: $HOME_DIR/data"
    }
}

launch() {
    own "$HOME_DIR/tmp"
    # shellcheck disable=SC2086 # the options are words
    spawn "$JAVA" ${RASID_KAFKA_JAVA_OPTS:--Xms256m -Xmx512m -XX:+UseSerialGC} \
        -Djava.io.tmpdir="$HOME_DIR/tmp" -Djava.awt.headless=true \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true \
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ" \
        -cp "$JARS/*" kafka.Kafka "$CONFIG"
}

# The listener opens before the broker takes part: only an answer to ApiVersions (key 18, version 0) is an answer.
answers() {
    python3 - "$(cat "$HOME_DIR/port")" <<'PYTHON'
import socket, struct, sys
body = struct.pack(">hhih", 18, 0, 1, -1)
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1) as s:
    s.settimeout(2)
    s.sendall(struct.pack(">i", len(body)) + body)
    sys.exit(len(s.recv(16)) < 10)
PYTHON
}

start() {
    take_lock
    if [ -z "$(server_pid)" ]; then
        local home
        home="$(find_jdk 17)"
        JAVA="$home/bin/java"
        fetch
        configure "$(kept_port "$HOME_DIR/port")" "$(kept_port "$HOME_DIR/controller-port")"
        format_data
        launch
    fi
    wait_ready 60 answers
    address
}

address() { echo "RASID_KAFKA=127.0.0.1:$(cat "$HOME_DIR/port")"; }

status() {
    local pid
    pid="$(server_pid)"
    if [ -z "$pid" ]; then
        echo "kafka: stopped (deploy/local/kafka.sh start)"
        return 3
    fi
    echo "kafka $VERSION: running, pid $pid, $(address), data $(du -sh "$HOME_DIR/data" | cut -f1) in $HOME_DIR"
}

case "${1:-}" in
start) start ;;
stop) take_lock && stop_server ;;
clean) take_lock && stop_server && rm -rf "$HOME_DIR/data" ;;
status) status ;;
env) if [ -n "$(server_pid)" ]; then address; else die "not running: deploy/local/kafka.sh start"; fi ;;
*) die "usage: deploy/local/kafka.sh start|stop|status|env|clean" ;;
esac
