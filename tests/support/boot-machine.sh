#!/bin/sh
# Becomes PID 1 of a machine of its own: systemd over a copy of this one's files, which keeps what it writes in memory.
# Runs in fresh mount, pid, network, ipc, uts and cgroup namespaces. Nothing that is shared with this machine's kernel
# can be written: of /proc/sys the network's own part alone, and /dev holds only what is named here.
#
#   boot-machine.sh FOLDER    an empty folder to mount in
set -eu
mount -t tmpfs -o size=1g,mode=755 wayfare-test "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work wayfare-test root
cd root

mount -t proc proc proc
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
mount --bind proc/sysrq-trigger proc/sysrq-trigger 2>/dev/null && mount -o remount,bind,ro proc/sysrq-trigger || true
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/net dev/pts dev/shm
for device in null zero full random urandom tty net/tun; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
touch dev/console
mount --bind /dev/null dev/console
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

# No service of this machine, nor anything that would set up hardware, the clock or the kernel.
rm -rf etc/systemd/system/*.wants
for unit in systemd-udevd systemd-sysctl systemd-modules-load systemd-timesyncd systemd-logind; do
  ln -sf /dev/null etc/systemd/system/$unit.service
done
echo 0123456789abcdef0123456789abcdef >etc/machine-id

ip link set lo up
mkdir former
pivot_root . former
umount -l /former
exec setpriv --bounding-set=-sys_module,-sys_time,-sys_boot,-sys_rawio,-mknod,-syslog,-wake_alarm \
  env -i container=wayfare-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --log-target=null --unit=basic.target
