
# The tunnels and their keys stay until the package is purged.
if [ "$1" = purge ]; then
  rm -rf /var/lib/wayfare
fi
