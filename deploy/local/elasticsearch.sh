#!/usr/bin/env bash
# A real Elasticsearch on this machine, without Docker: fetched from Maven Central, on a free port of 127.0.0.1.
#   elasticsearch.sh start|stop|status|env [--secure]
# `start` may be called any number of times and prints what to export: RASID_ELASTICSEARCH=http://127.0.0.1:PORT.
# --secure is a second server beside it, with TLS and users (see secure_elasticsearch.sh).
# RASID_JAVA_HOME or ES_JAVA_HOME names a JDK 21+ where none is found; RASID_ELASTICSEARCH_HEAP the heap (1g).
set -euo pipefail
COMMAND="${1:-}" MODE="${2:-}"
NAME="${RASID_ELASTICSEARCH_NAME:-elasticsearch}" # another name is another server, with data of its own
if [ "$MODE" = --secure ]; then NAME="$NAME-secure"; fi
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=common.sh
. "$HERE/common.sh"

VERSION=9.5.0
HEAP="${RASID_ELASTICSEARCH_HEAP:-1g}"
PROGRAM="$CACHE/elasticsearch-$VERSION"
CONFIG="$HOME_DIR/config"
SCHEME=http
CREDENTIALS=()
# shellcheck source=secure_elasticsearch.sh
if [ "$MODE" = --secure ]; then . "$HERE/secure_elasticsearch.sh"; fi

# Lucene's language analyzers lie in the build, but nothing offers them: the plugin does (plugin/*.java).
build_plugin() {
    local home="$1" stamp built target="$PROGRAM/plugins/rasid-analysis"
    stamp="$(cat "$HERE"/plugin/* | cksum)"
    if [ "$(cat "$PROGRAM/plugin.stamp" 2>/dev/null || true)" = "$stamp" ]; then return; fi
    built="$(mktemp -d)"
    "$home/bin/javac" --release 21 -cp "$PROGRAM/lib/*" -d "$built" "$HERE"/plugin/*.java
    rm -rf "$target"
    mkdir -p "$target"
    "$home/bin/jar" --create --file "$target/rasid-analysis.jar" -C "$built" .
    sed "s/@VERSION@/$VERSION/" "$HERE/plugin/plugin-descriptor.properties" >"$target/plugin-descriptor.properties"
    rm -rf "$built"
    # Not in plugins/, where a strange file stops the server.
    echo "$stamp" >"$PROGRAM/plugin.stamp"
}

fetch() {
    local home="$1" unpacked
    if [ ! -e "$PROGRAM/bin/elasticsearch" ]; then
        unpacked="$(mktemp -d "$CACHE/unpacked.XXXXXX")"
        chmod 755 "$unpacked"
        maven -f "$HERE/elasticsearch-pom.xml" dependency:copy-dependencies -DoutputDirectory="$unpacked"
        (cd "$unpacked" && "$home/bin/jar" --extract --file elasticsearch-*.zip && rm elasticsearch-*.zip)
        chmod 755 "$unpacked/elasticsearch-$VERSION/bin/"*
        mv "$unpacked/elasticsearch-$VERSION" "$PROGRAM"
        rmdir "$unpacked"
    fi
    build_plugin "$home"
}

configure() {
    own "$CONFIG" "$HOME_DIR/data" "$HOME_DIR/logs" "$HOME_DIR/tmp"
    cp "$PROGRAM"/config/{log4j2.properties,jvm.options} "$CONFIG/"
    # Tests fill and drop indices on whatever disk there is: no watermarks.
    cat >"$CONFIG/elasticsearch.yml" <<END
cluster.name: rasid-local
node.name: local
path.data: $HOME_DIR/data
path.logs: $HOME_DIR/logs
network.host: 127.0.0.1
http.port: $1
transport.port: $(free_port)
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: false
END
    # Garbage collection need not be logged here.
    sed -i '/^-Xlog:gc/d' "$CONFIG/jvm.options"
    if [ "$MODE" = --secure ]; then secure_configuration "$2"; fi
    own "$CONFIG"
}

launch() {
    local home="$1" log="$HOME_DIR/logs/out.log"
    # -d returns when the server is ready; -p names the server itself and not its launcher.
    as_server env ES_JAVA_HOME="$home" ES_PATH_CONF="$CONFIG" ES_TMPDIR="$HOME_DIR/tmp" \
        ES_JAVA_OPTS="-Xms$HEAP -Xmx$HEAP -Drasid.server=$HOME_DIR" \
        setsid timeout 120 "$PROGRAM/bin/elasticsearch" -d -p "$HOME_DIR/data/pid" \
        >"$log" 2>&1 </dev/null 9>&- || failed=$?
    cp "$HOME_DIR/data/pid" "$HOME_DIR/pid" 2>/dev/null || true
    if [ -n "${failed:-}" ]; then
        stop_server
        tail -n 20 "$log" >&2
        die "the server did not start within 120 seconds (all it said: $log)"
    fi
}

answers() {
    [ -n "$(server_pid)" ] && port_answers "$(cat "$HOME_DIR/port" 2>/dev/null || echo 1)"
}

print_env() {
    echo "RASID_ELASTICSEARCH=$SCHEME://127.0.0.1:$(cat "$HOME_DIR/port")"
    if [ "$MODE" = --secure ]; then secure_environment; fi
}

start() {
    take_lock
    if ! answers; then
        local home port
        home="$(RASID_JAVA_HOME="${RASID_JAVA_HOME:-${ES_JAVA_HOME:-}}" find_jdk 21 javac)"
        stop_server
        # The plain and the secured server share the program, and may be started at once.
        (
            flock --timeout 180 8 || die "another start has been fetching for 3 minutes"
            fetch "$home"
        ) 8>"$CACHE/elasticsearch.lock"
        port="$(kept_port "$HOME_DIR/port")"
        configure "$port" "$home"
        launch "$home"
        python3 "$HERE/elasticsearch_ready.py" "$SCHEME://127.0.0.1:$port" 60 ${CREDENTIALS[@]+"${CREDENTIALS[@]}"} ||
            die "the server started but does not serve (all it said: $HOME_DIR/logs)"
    fi
    print_env
}

case "$COMMAND" in
start) start ;;
stop)
    take_lock
    stop_server 30
    ;;
status)
    answers || die "not running: start it with deploy/local/elasticsearch.sh start"
    echo "$NAME: process $(server_pid), $(print_env | head -n 1)"
    ;;
env)
    answers || die "not running: start it with deploy/local/elasticsearch.sh start"
    print_env
    ;;
*) die "usage: elasticsearch.sh start|stop|status|env [--secure]" ;;
esac
