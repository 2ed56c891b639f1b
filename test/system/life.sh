# What the installed service goes through, in order. Each fact is a line `name=value` for the test to read.
# shellcheck shell=bash disable=SC2154
fact() { echo "$1=$2"; }
show() { systemctl show repost.service --property="$1" --value; }
results=/var/lib/repost/results
pid() { show MainPID; }
# until SECONDS COMMAND…: runs it again until it is true.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}
active_anew() { [ "$(show ActiveState)" = active ] && [ "$(pid)" != "$1" ] && [ "$(pid)" != 0 ]; }
has_result() { grep -q "^$1" $results 2>/dev/null; }
repost_status() { su -s /bin/sh repost -c 'REPOST_HOME=/var/lib/repost repost daemon status --json' 2>/dev/null; }

# The home of the test, its key sealed to this machine, as after a move.
export REPOST_ORIGINS=/etc/repost/origins.json
mkdir -p /etc/repost && chmod 700 /etc/repost
systemd-creds encrypt --name=vault-key /lab/vault-key /etc/repost/vault-key.cred
install -D -m 644 /lab/origins.json /opt/origins.json
REPOST_ORIGINS=/opt/origins.json
repost service install --system --no-start --json >/dev/null 2>&1
fact verify "$(systemd-analyze verify /etc/systemd/system/repost.service 2>&1 | head -3)"
fact exposure "$(systemd-analyze security --offline=true --threshold=15 /etc/systemd/system/repost.service >/dev/null 2>&1; echo $?)"
fact started_before_start "$(show ActiveState)"
cp -r /lab/home /var/lib/repost && chown -R repost:repost /var/lib/repost && chmod 700 /var/lib/repost
# Short times, and a note of how each life ended.
mkdir -p /etc/systemd/system/repost.service.d
cat >/etc/systemd/system/repost.service.d/lab.conf <<'UNIT'
[Service]
WatchdogSec=4
TimeoutStopSec=3
RestartSec=1
ExecStopPost=/bin/sh -c 'echo "$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS" >>/var/lib/repost/results'
UNIT

repost service install --system --json >/lab/installed.json 2>/lab/notes
fact ready "$(show ActiveState) $(show StatusText)"
fact ready_after_started "$(journalctl -u repost -o cat | grep -c 'started repost')"
fact process_user "$(stat -c %U "/proc/$(pid)")"
fact home_rights "$(stat -c '%a %U' /var/lib/repost)"
fact core_limit "$(awk '/core file/ {print $5}' "/proc/$(pid)/limits")"
fact told_children "$(tr '\0' '\n' <"/proc/$(pid)/environ" | grep -c NOTIFY_SOCKET)"
fact vault "$(su -s /bin/sh repost -c 'REPOST_HOME=/var/lib/repost REPOST_VAULT=file repost accounts check' 2>&1 | grep -c E_VAULT)"
fact vault_as_service "$(repost service run doctor --offline | grep -c 'PASS  the vault keeps secrets')"
repost service run quarantine release --all >/dev/null
repost service status --json >/lab/status.json

old=$(pid)
sleep 6
fact fed "$([ "$(pid)" = "$old" ] && echo yes)"
kill -STOP "$old"
until_true 20 active_anew "$old" && fact after_hang "$(head -1 $results)"

old=$(pid)
kill -KILL "$old"
until_true 20 active_anew "$old" && fact after_kill "$(tail -1 $results)"

touch /lab/publish-now
until_true 30 test -e /lab/published
install -D -o repost -m 600 -t /var/lib/repost/data/originals /lab/originals/*.mp4
touch -d "1 minute ago" /var/lib/repost/data/originals/*.mp4
repost service run daemon poll >/dev/null
until_true 60 test -e /lab/publishing && fact runs "$(repost_status | grep -o '"account":"[^"]*"')"
began=$(date +%s%N)
systemctl stop repost
fact drained "$(tail -1 $results)"
fact drain_ms $((($(date +%s%N) - began) / 1000000))
fact stopped "$(show ActiveState)"

mkdir -p /var/lib/repost/config
echo '{"poll.interval": "often"}' >/var/lib/repost/config/config.json
systemctl start repost 2>/dev/null
sleep 3
fact bad_settings "$(show ActiveState) $(show NRestarts) $(show ExecMainStatus)"
rm /var/lib/repost/config/config.json
systemctl reset-failed repost

repost service uninstall --system >/dev/null
fact uninstalled "$(test -e /etc/systemd/system/repost.service || echo gone) $(test -s /etc/repost/vault-key.cred && echo kept)"

# A service of a person's own, under that person's own manager.
useradd --create-home --shell /bin/bash person
run=/run/user/$(id -u person)
mkdir -p "$run" && chown person: "$run" && chmod 700 "$run"
systemd-run --quiet --unit=person-manager --uid=person -p Delegate=yes -p Type=notify -p NotifyAccess=all \
  -E "XDG_RUNTIME_DIR=$run" /lib/systemd/systemd --user
install -o person -m 600 /dev/stdin /home/person/passphrase <<<'a passphrase of a person'
as_person() {
  su person -c "export XDG_RUNTIME_DIR=$run REPOST_VAULT=file; $1"
}
fact person_refused "$(as_person 'REPOST_VAULT_PASSPHRASE=secret repost service install --json' 2>&1 | grep -o E_VAULT_PASSPHRASE | head -1)"
as_person 'REPOST_VAULT_PASSPHRASE_FILE=/home/person/passphrase repost service install --json' >/lab/person.json 2>/lab/person.notes
fact person_runs "$(as_person 'systemctl --user show repost --property=ActiveState --value')"
fact person_problem "$(as_person 'repost service status' | grep -c 'stops when you sign out')"
as_person 'repost service uninstall' >/dev/null
fact person_uninstalled "$(test -e /home/person/.config/systemd/user/repost.service || echo gone)"
fact done yes
