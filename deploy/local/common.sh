# Shared by the scripts that run the real servers on this machine. Sourced, not run:
#   NAME=kafka; . "$(dirname "$0")/common.sh"
# gives $HOME_DIR (cached programs and this server's data, logs, pid) and the functions below.
# shellcheck shell=bash
set -euo pipefail
umask 022 # the server runs as another user, who must read what is cached

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
NOBODY=65534 # the id of `nobody` on every Linux distribution

die() {
    echo "$NAME: $*" >&2
    exit 1
}

# need COMMAND FIX: a missing program is named with what brings it.
need() {
    command -v "$1" >/dev/null || die "the program $1 is missing: $2"
}

is_root() { [ "$(id -u)" = 0 ]; }

# as_server COMMAND...: run as a user other than root (Elasticsearch refuses root; no broker needs it).
as_server() {
    if is_root; then
        setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups -- env HOME="$HOME_DIR" "$@"
    else
        "$@"
    fi
}

# A checkout in a directory closed to others (mktemp -d, /root) cannot hold what `nobody` runs: then /var/tmp does.
choose_cache() {
    local wanted="${RASID_SERVERS_DIR:-$ROOT/.cache/servers}"
    if is_root; then
        need setpriv "apt-get install util-linux"
        mkdir -p "$wanted"
        if ! (HOME_DIR=/ as_server test -x "$wanted"); then
            wanted="/var/tmp/rasid-servers-$(printf %s "$ROOT" | cksum | cut -d' ' -f1)"
        fi
    fi
    mkdir -p "$wanted"
    (cd "$wanted" && pwd)
}

# own DIRECTORY...: make directories the server may write to.
own() {
    mkdir -p "$@"
    if is_root; then chown -R "$NOBODY:$NOBODY" "$@"; fi
}

# A port of 127.0.0.1 nobody listens on.
free_port() {
    need python3 "apt-get install python3"
    python3 -c 'import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])'
}

# kept_port FILE: the port of the last start while it is free, so that clients survive a restart; else a new one.
kept_port() {
    local port
    port="$(cat "$1" 2>/dev/null || true)"
    if [ -z "$port" ] || port_answers "$port"; then port="$(free_port)"; fi
    echo "$port" >"$1"
    echo "$port"
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# find_jdk VERSION [PROGRAM]: the home of a Java of at least that major version, with bin/PROGRAM (java, or javac).
# $RASID_JAVA_HOME is asked first, then $JAVA_HOME, the path, and where distributions put them; the oldest fit wins.
find_jdk() {
    local wanted="$1" program="${2:-java}" home version best="" best_version=1000
    for home in "${RASID_JAVA_HOME:-}" "${JAVA_HOME:-}" "$(java_on_path)" /usr/lib/jvm/* /opt/java/* /opt/jdk*; do
        [ -n "$home" ] && [ -x "$home/bin/$program" ] && [ -x "$home/bin/java" ] || continue
        version="$(java_version "$home")"
        if [ "${version:-0}" -ge "$wanted" ] && [ "$version" -lt "$best_version" ]; then
            best="$home" best_version="$version"
            if [ "$home" = "${RASID_JAVA_HOME:-}" ]; then break; fi
        fi
    done
    [ -n "$best" ] || die "no Java $wanted or newer (bin/$program) was found: apt-get install openjdk-$wanted-jdk-headless" \
        "(or temurin-$wanted-jdk, or unpack a JDK), and set RASID_JAVA_HOME to it if it is not in /usr/lib/jvm"
    echo "$best"
}

java_on_path() {
    local java
    java="$(command -v java || true)"
    if [ -n "$java" ]; then dirname "$(dirname "$(readlink -f "$java")")"; fi
}

# The `release` file is read because starting a Java to ask takes a tenth of a second each.
java_version() {
    local line=""
    if [ -r "$1/release" ]; then line="$(grep '^JAVA_VERSION=' "$1/release" || true)"; fi
    if [ -z "$line" ]; then line="$("$1/bin/java" -version 2>&1 | head -n 1 || true)"; fi
    printf %s "$line" | sed -nE 's/^[^"]*"(1\.)?([0-9]+).*/\2/p'
}

# maven ARGUMENTS...: run Maven quietly with the machine's own configuration; a failure shows its last words.
maven() {
    need mvn "apt-get install maven"
    local log="$HOME_DIR/maven.log"
    mvn --batch-mode --quiet "$@" >"$log" 2>&1 </dev/null || {
        tail -n 15 "$log" >&2
        die "Maven could not fetch what is needed (all of it: $log). Is there a network, or a mirror in ~/.m2/settings.xml?"
    }
}

# Only one start or stop of a server at a time: take_lock waits for the other.
take_lock() {
    need flock "apt-get install util-linux"
    exec 9>"$HOME_DIR/lock"
    flock --timeout 180 9 || die "another start or stop has held $HOME_DIR/lock for 3 minutes"
}

# The id of the running server. A pid is believed only if its command line names our directory: ids are given again.
server_pid() {
    local pid
    pid="$(cat "$HOME_DIR/pid" 2>/dev/null || true)"
    if [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$HOME_DIR"; then echo "$pid"; fi
}

# spawn COMMAND...: start the server as its own session, deaf to our terminal, with no file of ours open.
# The command line must name $HOME_DIR somewhere (see server_pid). Output goes to logs/out.log, the run before to .1.
spawn() {
    own "$HOME_DIR/logs" "$HOME_DIR/data"
    local log="$HOME_DIR/logs/out.log"
    if [ -e "$log" ]; then mv "$log" "$log.1"; fi
    (
        cd "$HOME_DIR"
        exec 9>&-
        # exec all the way down, so that the id is the server's and not a shell's
        if is_root; then
            set -- setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups -- env HOME="$HOME_DIR" "$@"
        fi
        (exec setsid "$@" >"$log" 2>&1 </dev/null) &
        echo $! >"$HOME_DIR/pid"
    )
}

# wait_ready SECONDS COMMAND...: until the command succeeds; a server that died or dawdles shows its last words.
wait_ready() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ -z "$(server_pid)" ] && sleep 0.5 && [ -z "$(server_pid)" ]; then
            tail -n 20 "$HOME_DIR/logs/out.log" >&2
            die "the server ended while starting (all it said: $HOME_DIR/logs/out.log)"
        fi
        if [ "$SECONDS" -ge "$until" ]; then
            tail -n 20 "$HOME_DIR/logs/out.log" >&2
            stop_server
            die "the server was not ready in time and was stopped (all it said: $HOME_DIR/logs/out.log)"
        fi
        sleep 0.2
    done
}

# stop_server [SECONDS]: ask, wait, and only then kill; our own process alone, by its id.
stop_server() {
    local pid until=$((SECONDS + ${1:-20}))
    pid="$(server_pid)"
    if [ -n "$pid" ]; then
        kill -TERM "$pid" 2>/dev/null || true
        while [ -n "$(server_pid)" ] && [ "$SECONDS" -lt "$until" ]; do sleep 0.1; done
        if [ -n "$(server_pid)" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
    fi
    rm -f "$HOME_DIR/pid"
}

CACHE="$(choose_cache)"
HOME_DIR="$CACHE/$NAME"
mkdir -p "$HOME_DIR"
