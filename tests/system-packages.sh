#!/bin/sh
# Installs what the tests need beside Python: a Java runtime, for the OWL 2 DL profile checker.
# With apt and root rights, or sudo; otherwise says what is missing.
set -eu

packages=""
command -v java >/dev/null 2>&1 || packages="$packages default-jre-headless"
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  echo "make test: install these packages first:$packages" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "make test: install with your package manager what Debian calls:$packages" >&2
  exit 1
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages
