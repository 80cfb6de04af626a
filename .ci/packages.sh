#!/bin/sh
# Installs the Debian packages that are named, as root or with sudo; says what to do where it cannot.
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
  echo "make: install with your package manager what Debian calls: $*" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  echo "make: become root and run: apt-get install $*" >&2
  exit 1
fi
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
