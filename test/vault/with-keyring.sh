#!/bin/bash
# with-keyring.sh COMMAND ARGS…: runs a command with a D-Bus session and a GNOME keyring of its own.
# KEYRING_HOME (needed): folder that keeps the keyring between runs. KEYRING_PASSWORD: default "test"; another
# one than at the first run leaves the keyring locked. KEYRING_PIDFILE: where to note the daemon's process id.
# Needs the Debian packages gnome-keyring, dbus, libglib2.0-bin and libsecret-1-0.
set -eu
root="$KEYRING_HOME"
mkdir -p "$root/run" "$root/home/.local/share/keyrings"
chmod 700 "$root" "$root/home" "$root/run"
export HOME="$root/home" XDG_RUNTIME_DIR="$root/run" XDG_DATA_HOME="$root/home/.local/share"
export XDG_CONFIG_HOME="$root/home/.config" XDG_CACHE_HOME="$root/home/.cache"
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS GNOME_KEYRING_CONTROL
exec dbus-run-session -- bash -c '
  printf %s "${KEYRING_PASSWORD:-test}" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  gdbus wait --session --timeout 10 org.freedesktop.secrets
  if [ -n "${KEYRING_PIDFILE:-}" ]; then
    gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
      --method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.secrets \
      | sed "s/[^0-9]*uint32 \([0-9]*\).*/\1/" > "$KEYRING_PIDFILE"
  fi
  "$@"' _ "$@"
