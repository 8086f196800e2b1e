#!/usr/bin/env bash
# A real Kafka on this machine, without Docker: deploy/local/kafka.sh start|stop|status|env|clean [--secure]
#   start    fetch Kafka from Maven Central once, start it if it is not running, wait until it answers, print its address
#   stop     stop it; its data and logs stay        clean   stop it and drop its data
#   status   say whether it runs                    env     print RASID_KAFKA=127.0.0.1:PORT of the running one
# --secure is a second server beside: SASL/SCRAM-SHA-512 over TLS with a CA of its own, and rights by ACL. Its users are
# `admin`, who may do all, and `rasid`, who may do nothing until admin says so; passwords lie in files, shown nowhere.
# One node in KRaft mode on 127.0.0.1, a user other than root, everything under .cache/servers/ (or $RASID_SERVERS_DIR);
# $RASID_KAFKA_NAME (kafka) names the server where somebody needs one more. Java options: $RASID_KAFKA_JAVA_OPTS.
SECURE="" && [ "${2:-}" != --secure ] || SECURE=1
NAME="${RASID_KAFKA_NAME:-kafka}${SECURE:+-secure}"
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

POM="$ROOT/deploy/local/pom.xml"
VERSION="$(sed -nE 's/.*<kafka.version>(.*)<\/kafka.version>.*/\1/p' "$POM")"
JARS="$CACHE/kafka-jars-$VERSION"
CONFIG="$HOME_DIR/server.properties"
SECRETS="$HOME_DIR/secrets"
LISTENER="${SECURE:+SASL_SSL}" && LISTENER="${LISTENER:-PLAINTEXT}"

# Into a directory beside, then renamed: a fetch that was cut short is never taken for a whole one.
fetch() {
    if [ -d "$JARS" ]; then return; fi
    echo "kafka: fetching Kafka $VERSION (54 MB, once)" >&2
    rm -rf "$JARS".part.*
    maven -f "$POM" dependency:copy-dependencies -DoutputDirectory="$JARS.part.$$"
    mv "$JARS.part.$$" "$JARS"
}

configure() {
    local port="$1" controller="$2"
    # Made anew closed to others before anything secret is in it.
    rm -f "$CONFIG"
    (umask 077 && plain_settings >"$CONFIG" && if [ -n "$SECURE" ]; then secure_settings >>"$CONFIG"; fi)
    own_file "$CONFIG"
}

plain_settings() {
    cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=$LISTENER://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$LISTENER://127.0.0.1:$port
listener.security.protocol.map=$LISTENER:$LISTENER,CONTROLLER:PLAINTEXT
inter.broker.listener.name=$LISTENER
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
# Tests make and drop hundreds of partitions: small indexes, and what is deleted goes at once.
log.index.size.max.bytes=1048576
log.segment.delete.delay.ms=1000
PROPERTIES
}

# The controller's listener is plain: only this one node speaks there, to itself, on loopback.
secure_settings() {
    cat <<PROPERTIES
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$(cat "$SECRETS/admin.password")";
ssl.keystore.type=PEM
ssl.keystore.location=$SECRETS/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$SECRETS/ca.crt
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
PROPERTIES
}

own_file() { if is_root; then chown "$NOBODY:$NOBODY" "$@"; fi; }

# A CA, a certificate for 127.0.0.1 and two passwords, once; only ca.crt is for everybody's eyes.
make_secrets() {
    if [ -e "$SECRETS/server.pem" ]; then return; fi
    need openssl "apt-get install openssl"
    mkdir -p "$SECRETS"
    (
        umask 077
        cd "$SECRETS"
        openssl rand -hex 16 >admin.password
        openssl rand -hex 16 >rasid.password
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Rasid local CA" -keyout ca.key -out ca.crt
        openssl req -newkey rsa:2048 -nodes -subj "/CN=127.0.0.1" -keyout server.key -out server.csr
        printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile server.ext -out server.crt
        cat server.key server.crt ca.crt >server.pem.part
        own_file server.pem.part
        chmod 644 ca.crt
        mv server.pem.part server.pem
    ) 2>"$HOME_DIR/openssl.log" || die "the certificates could not be made: $HOME_DIR/openssl.log"
}

run_java() { # run_java MAIN-CLASS ARGUMENTS...: to the end, as the server's user
    as_server "$JAVA" -Xmx128m -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$JARS/*" "$@"
}

format_data() {
    if [ -e "$HOME_DIR/data/log/meta.properties" ]; then return; fi
    own "$HOME_DIR/data"
    local id user users=()
    id="$(run_java kafka.tools.StorageTool random-uuid)"
    if [ -n "$SECURE" ]; then
        for user in admin rasid; do
            users+=(--add-scram "SCRAM-SHA-512=[name=$user,password=$(cat "$SECRETS/$user.password")]")
        done
    fi
    run_java kafka.tools.StorageTool format -t "$id" -c "$CONFIG" "${users[@]}" >"$HOME_DIR/format.log" 2>&1 || {
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

# The port opens before the broker takes part: only an answer to ApiVersions (key 18, version 0) is an answer. Over TLS
# the handshake is done without looking at the certificate, which is the clients' business.
answers() {
    python3 - "$(cat "$HOME_DIR/port")" "$SECURE" <<'PYTHON'
import socket, ssl, struct, sys
body = struct.pack(">hhih", 18, 0, 1, -1)
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2) as s:
    if sys.argv[2]:
        blind = ssl.create_default_context()
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        s = blind.wrap_socket(s)
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
        if [ -n "$SECURE" ]; then make_secrets; fi
        configure "$(kept_port "$HOME_DIR/port")" "$(kept_port "$HOME_DIR/controller-port")"
        format_data
        launch
    fi
    wait_ready 60 answers
    address
}

address() {
    echo "RASID_KAFKA=127.0.0.1:$(cat "$HOME_DIR/port")"
    if [ -n "$SECURE" ]; then
        echo "RASID_KAFKA_CA_FILE=$SECRETS/ca.crt"
        echo "RASID_KAFKA_USERNAME=rasid"
        echo "RASID_KAFKA_PASSWORD_FILE=$SECRETS/rasid.password"
    fi
}

status() {
    local pid
    pid="$(server_pid)"
    if [ -z "$pid" ]; then
        echo "$NAME: stopped (deploy/local/kafka.sh start${SECURE:+ --secure})"
        return 3
    fi
    echo "$NAME $VERSION: running, pid $pid, data $(du -sh "$HOME_DIR/data" | cut -f1) in $HOME_DIR"
    address
}

case "${1:-}" in
start) start ;;
stop) take_lock && stop_server ;;
clean) take_lock && stop_server && rm -rf "$HOME_DIR/data" ;;
status) status ;;
env) if [ -n "$(server_pid)" ]; then address; else die "not running: deploy/local/kafka.sh start"; fi ;;
*) die "usage: deploy/local/kafka.sh start|stop|status|env|clean [--secure]" ;;
esac
