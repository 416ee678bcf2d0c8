#!/bin/sh
exec /usr/lib/wayfare/package/node /usr/lib/wayfare/package/wayfare.js "$@"
