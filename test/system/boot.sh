#!/bin/bash
# Boots a throw-away systemd as process 1 of its own namespaces, over a copy-on-write view of this machine's files,
# and runs a script in it as root. Nothing of it outlives the call. Needs root.
#   boot.sh FOLDER: FOLDER holds `script`; it is /lab inside, and what the script prints goes to FOLDER/out.
set -eu
LAB=$(readlink -f "$1")
TREE=$(readlink -f "$(dirname "$0")/../..")
NODE=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
export LAB TREE NODE
if [ "${2:-}" != inside ]; then
  here=repost-lab-$$
  for hierarchy in systemd unified; do
    [ -d "/sys/fs/cgroup/$hierarchy" ] || continue
    mkdir -p "/sys/fs/cgroup/$hierarchy/$here"
    echo $$ >"/sys/fs/cgroup/$hierarchy/$here/cgroup.procs"
  done
  code=0
  timeout -k 5 "${LAB_SECONDS:-120}" unshare --pid --mount --cgroup --ipc --uts --fork --kill-child \
    bash "$0" "$LAB" inside >"$LAB/console" 2>&1 || code=$?
  for hierarchy in systemd unified; do
    [ -d "/sys/fs/cgroup/$hierarchy/$here" ] || continue
    echo $$ >"/sys/fs/cgroup/$hierarchy/cgroup.procs"
    find "/sys/fs/cgroup/$hierarchy/$here" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  exit $code
fi

mount --make-rprivate /
ROOT=$LAB/root
mkdir -p "$ROOT"
mount -t tmpfs tmpfs "$ROOT"
mkdir "$ROOT/upper" "$ROOT/work" "$ROOT/all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$ROOT/upper,workdir=$ROOT/work" "$ROOT/all"
cd "$ROOT/all"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
if [ -d /sys/fs/cgroup/unified ]; then
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
# Where a system service may look: neither in a home folder nor in /tmp.
mkdir -p lab opt/repost opt/node
mount --bind "$LAB" lab
mount --bind "$TREE" opt/repost
mount --bind "$NODE" opt/node
ln -sf /opt/repost/bin/repost usr/local/bin/repost
ln -sf /opt/node/bin/node usr/local/bin/node
# An identity of its own, as every machine has.
tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
units=etc/systemd/system
cat >"$units/lab.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash /lab/script
StandardOutput=append:/lab/out
StandardError=append:/lab/out
ExecStopPost=/bin/systemctl poweroff --force --force
UNIT
printf '[Unit]\nRequires=basic.target lab.service\nAfter=basic.target\nAllowIsolate=yes\n' >"$units/lab.target"
for unit in systemd-udevd systemd-udev-trigger systemd-resolved systemd-networkd systemd-timesyncd systemd-logind \
  systemd-remount-fs systemd-modules-load systemd-sysctl; do
  ln -sf /dev/null "$units/$unit.service"
done
export container=lab PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
# Without this a unit's credentials can't be loaded.
mount --make-rshared /
exec /lib/systemd/systemd --system --unit=lab.target --log-target=console --show-status=no
