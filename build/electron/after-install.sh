
# The helper, installed or brought to this version; nothing that stands is taken down. The app works without, and asks.
/usr/lib/wayfare/install-helper || echo 'wayfare: the helper is not installed; the app will offer to try again' >&2
