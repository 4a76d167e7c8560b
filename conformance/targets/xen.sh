#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "xen": an HVM guest of Debian's Xen with the viridian enlightenments, on a machine that need
# have no hardware virtualization. QEMU emulates a processor with AMD SVM (L0); on it runs Xen with
# Debian's kernel as dom0 (L1), where xl starts the guest (L2). nested.sh says how they talk.
#
# The guest gets no firmware: xl loads the image in hvmloader's place and enters it as a PVH guest. Two of
# its devices are L0's own, to which Xen forwards the guest's accesses: its COM1 is L0's COM2, and its
# isa-debug-exit is L0's, which ends all. By way of the device model a character would cost a
# thousand times as much.
#
# HVKIT_TARGET_FLAGS: the guest's enlightenments, the words of "viridian" in xl.cfg(5).
#
# All comes from the archive that apt is configured for, and stays in the cache until somebody removes it.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=nested.sh
. "$here/nested.sh"

use_cache xen

modules='drivers/xen/xen-privcmd drivers/xen/xen-evtchn drivers/xen/xen-gntdev drivers/xen/xen-gntalloc
drivers/xen/xenfs/xenfs'
device_model=/usr/libexec/xen-qemu-system-i386

# ---- prepare ------------------------------------------------------------------------------------

add_xen() {
    version=${xen#xen-hypervisor-}
    version=${version%-amd64}
    utils="xen-utils-$version qemu-system-xen qemu-system-data perl-base"
    # shellcheck disable=SC2086  # words on purpose
    utils="$utils $(libraries_of $utils)"
    # shellcheck disable=SC2086
    fetch $utils
    # shellcheck disable=SC2086
    merge $utils
    tools=/usr/lib/xen-$version/bin
    for tool in xl xenstored xenconsoled xen-init-dom0; do
        add_foreign "$tools/$tool" "/bin/$tool"
    done
    add_foreign "$device_model" "$device_model"
    # The device model reads it although there is no display.
    cp -RL "$sysroot/usr/share/qemu/keymaps" "$root/usr/share/qemu/"
    zcat "$packages/$xen"/boot/xen-*-amd64.gz >"$new/xen" ||
        die "the package $xen has no hypervisor" "remove $work and try again"
}

# What xl starts as the device model, when the domain exists and does not run yet.
add_wrapper() {
    add_script /bin/hvkit-device-model <<WRAPPER
    #!/bin/sh
    PATH=/bin
    export PATH
    hvkit-map-ports "\$@" || exit 1
    exec $device_model "\$@"
WRAPPER
    cp "$here/xen-map-ports.pl" "$root/bin/hvkit-map-ports"
    chmod 755 "$root/bin/hvkit-map-ports"
    add_foreign /usr/bin/perl /bin/perl
    for module in strict warnings warnings/register constant; do
        add_file "/usr/lib/x86_64-linux-gnu/perl-base/$module.pm" "$sysroot"
    done
}

# The program that dom0 runs in place of an init system. xl ends when the guest resets or crashes.
add_init() {
    add_script /init <<'INIT'
    #!/bin/sh
    PATH=/bin
    export PATH
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    mkdir /dev/pts
    mount -t devpts devpts /dev/pts
    cd /modules
    while read -r module; do
        insmod "$module"
    done <order
    mount -t xenfs xenfs /proc/xen
    echo hvkit-l2-begin
    xenstored --internal-db && xen-init-dom0 >/dev/null && xenconsoled
    xl create -F -q /job/domain.cfg >/run/xl 2>&1
    status=$?
    cat /run/xl /var/log/xen/qemu-dm-guest.log 2>/dev/null
    # A guest that ends is no failure of xl; it is when the guest never was.
    [ "$status" -eq 0 ] || status=1
    printf '\nhvkit-l2-status %d\n' "$status"
    poweroff -f
INIT
    echo 'autoballoon="off"' >"$root/etc/xen/xl.conf"
    # xl wants a BIOS to hand to hvmloader, which is not there to take it.
    echo >"$root/etc/xen/no-bios"
    ln -s /run "$root/var/run"
}

# A change of any of these makes the cached L1 stale.
stamp() {
    cat "$here/xen.sh" "$here/xen-map-ports.pl" "$here/debian.sh"
    newest linux-image-
    newest xen-hypervisor-
}

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    lock_cache
    is_current "$(stamp)" && return
    choose xen-system-amd64 xen-hypervisor-
    xen=$chosen
    choose linux-image-amd64 linux-image-
    fetch busybox-static "$chosen" "$xen"
    find_busybox
    say "building the L1 machine of xen: $xen, $chosen"
    new_root etc/xen usr/libexec run/xen run/xenstored run/lock usr/share/qemu var/lib/xen var/lib/xenstored var/log/xen
    # shellcheck disable=SC2086  # words on purpose
    add_modules "$packages/$chosen" $modules
    add_xen
    add_wrapper
    add_init
    unpack_kernel "$packages/$chosen" "$new/kernel"
    publish "$(stamp)"
}

# ---- run ----------------------------------------------------------------------------------------

# The guest reads the TSC itself, which QEMU makes one for all processors. Where Xen reads it for the guest, it answers
# by clocks of its own, one for each processor, that it sets once a second: if the machine held QEMU up meanwhile, they
# differ by milliseconds, and time stands still for the VP on the processor whose clock is behind.
write_domain() {
    words=
    for word in ${HVKIT_TARGET_FLAGS-all}; do
        words="$words\"$word\","
    done
    cat >"$directory/root/job/domain.cfg" <<DOMAIN
name = "guest"
type = "hvm"
memory = 128
vcpus = $1
firmware_override = "/job/image"
bios = "seabios"
bios_path_override = "/etc/xen/no-bios"
viridian = [$words]
hap = 1
tsc_mode = "native"
vga = "none"
vnc = 0
usb = 0
serial = "none"
xen_platform_pci = 0
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
device_model_version = "qemu-xen"
device_model_override = "/bin/hvkit-device-model"
DOMAIN
}

run() {
    new_job "$1"
    "$here/xen-image.py" "$1" "$directory/root/job/image" "$3"
    write_domain "$2"
    pack_job
    # Xen's PV dom0 does not survive SMAP as TCG does it.
    boot_host -cpu max,-smap -smp "$(host_processors "$2")" -m 1536 \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$host/xen" \
        -append 'com1=115200,8n1 console=com1 loglvl=warning guest_loglvl=error dom0_mem=768M dom0_max_vcpus=1 smt=1 spec-ctrl=no xpti=0 noreboot=1 sched=credit ucode=no watchdog=0' \
        -initrd "$host/kernel console=hvc0 quiet loglevel=2 mitigations=off nokaslr nowatchdog rcupdate.rcu_expedited=1 panic=-1,$directory/initrd"
    end xl
}

dispatch "$@"
