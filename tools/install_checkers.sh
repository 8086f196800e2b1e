#!/bin/sh
# The checks of deploy/ need promtool and systemd-analyze, from Debian where they are missing. Prints where promtool is:
# the installed one, or the one in Debian's package `prometheus`, unpacked under .cache/ (no service is installed).
set -eu
cd "$(dirname "$0")/.."

missing() {
  echo "make test needs $1: install your system's package $2" >&2
  exit 1
}

if ! command -v systemd-analyze >/dev/null 2>&1; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then missing systemd-analyze systemd; fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd >/dev/null
fi

if command -v promtool; then exit 0; fi
target="$PWD/.cache/promtool"
if [ ! -x "$target/usr/bin/promtool" ]; then
  command -v apt-get >/dev/null 2>&1 || missing promtool prometheus
  # Beside, then renamed: two at once do no harm, and what was cut short is never taken for whole.
  part="$target.$$"
  mkdir -p "$part"
  (
    cd "$part"
    apt-get download -qq prometheus >&2 || { apt-get update -qq >&2 && apt-get download -qq prometheus >&2; }
    dpkg-deb --extract prometheus_*.deb .
    rm prometheus_*.deb
  )
  mv -T "$part" "$target" 2>/dev/null || rm -rf "$part"
fi
echo "$target/usr/bin/promtool"
