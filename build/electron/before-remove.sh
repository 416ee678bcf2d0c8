#!/bin/sh
# dpkg says `remove`, rpm `0`. At an upgrade the service stays: the new version takes its place.
set -eu
case "${1:-}" in
  remove | 0)
    cd /
    exec /usr/bin/env -i /usr/lib/wayfare/package/node /usr/lib/wayfare/package/wayfare.js service remove
    ;;
esac
