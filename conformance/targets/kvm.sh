#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "kvm": real KVM with all its Hyper-V enlightenments, on a machine that need have no hardware
# virtualization. QEMU emulates a processor with AMD SVM (L0); on it runs Debian's kernel with kvm-amd
# (L1), which runs Debian's QEMU with the guest (L2).
#
#   ttyS0 of L1  its console, and the mark with L2's exit status   -> a log file
#   ttyS1 of L1  the serial port of L2, raw                        -> stdout
#
# The kernel comes from the archive that apt is configured for, and stays in the cache until
# somebody removes it; QEMU is the installed one.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

work=$(cache_dir)/kvm
host=$work/host

# The CPU flags of a Windows guest on QEMU/KVM, all of them. hv-evmcs is for Intel processors alone.
enlightenments=hv-relaxed,hv-vapic,hv-spinlocks=0x1fff,hv-vpindex,hv-runtime,hv-time,hv-crash,hv-reset
enlightenments=$enlightenments,hv-synic,hv-stimer,hv-stimer-direct,hv-frequencies,hv-reenlightenment
enlightenments=$enlightenments,hv-tlbflush,hv-ipi,hv-xmm-input,hv-emsr-bitmap

# In the order in which they are to be loaded; a kernel that has one built in, or not at all, skips it.
modules='virt/lib/irqbypass arch/x86/kvm/kvm drivers/char/hw_random/rng-core drivers/virt/coco/tsm
drivers/crypto/ccp/ccp arch/x86/kvm/kvm-amd'
firmware='bios-256k.bin linuxboot_dma.bin linuxboot.bin multiboot_dma.bin multiboot.bin kvmvapic.bin
pvh.bin'

# ---- prepare ------------------------------------------------------------------------------------

# fetch PACKAGE: unpacks the package into $work/packages/PACKAGE, downloading it first.
# apt-get checks the download against the signed index of the archive.
fetch() {
    tree=$work/packages/$1
    [ -d "$tree" ] && return
    say "downloading $1"
    partial=$(mktemp -d "$work/packages/.$1.XXXXXX")
    # apt's own unprivileged user cannot write there; it would complain without end.
    (cd "$partial" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$1" >&2) || {
        rm -rf "$partial"
        die "cannot download the package $1" "check the network and run: apt-get update"
    }
    for deb in "$partial"/*.deb; do
        dpkg-deb -x "$deb" "$partial/tree" || {
            rm -rf "$partial"
            die "the package $1 is damaged" "run: apt-get update, and try again"
        }
    done
    mv "$partial/tree" "$tree"
    rm -rf "$partial"
}

find_busybox() {
    busybox=$(find "$work/packages/busybox-static" -path '*/bin/busybox' -type f | head -n 1)
    [ -n "$busybox" ] || die 'the package busybox-static has no busybox' "remove $work and try again"
}

# The kernel package that linux-image-amd64 stands for today, or the one that is in the cache already.
kernel_package() {
    for tree in "$work"/packages/linux-image-*; do
        [ -d "$tree" ] && basename "$tree" && return
    done
    apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1
}

find_kernel_package() {
    package=$(kernel_package)
    if [ -z "$package" ]; then
        need_lists linux-image-amd64
        package=$(kernel_package)
    fi
    [ -n "$package" ] || die 'the package linux-image-amd64 is not in the archive of this machine' \
        'this target needs Debian, or an apt source of it'
}

# add_file FILE: the file, at its own path; what a symbolic link means, at the link's path.
add_file() {
    mkdir -p "$root$(dirname "$1")"
    cp -L "$1" "$root$1"
}

add_qemu() {
    qemu=$(command -v qemu-system-x86_64)
    cp -L "$qemu" "$root/bin/qemu-system-x86_64"
    ldd "$qemu" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | while read -r library; do
        add_file "$library"
    done
    for name in $firmware; do
        for directory in /usr/share/seabios /usr/share/qemu /usr/local/share/qemu; do
            [ -f "$directory/$name" ] && cp -L "$directory/$name" "$root/firmware/" && break
        done
    done
    [ -f "$root/firmware/bios-256k.bin" ] ||
        die "QEMU's firmware bios-256k.bin is missing" 'install the package seabios'
}

add_modules() {
    kernel=$(find "$tree" -type d -path '*/modules/*/kernel' | head -n 1)
    for module in $modules; do
        name=$(basename "$module").ko
        if [ -f "$kernel/$module.ko" ]; then
            cp "$kernel/$module.ko" "$root/modules/$name"
        elif [ -f "$kernel/$module.ko.xz" ]; then
            "$busybox" unxz -c "$kernel/$module.ko.xz" >"$root/modules/$name"
        else
            continue
        fi
        echo "$name" >>"$root/modules/order"
    done
    [ -f "$root/modules/kvm-amd.ko" ] ||
        die "the kernel package $package has no kvm-amd module" "remove $work and try again"
}

add_busybox() {
    cp "$busybox" "$root/bin/busybox"
    for applet in sh mount cat insmod stty poweroff; do
        ln -s busybox "$root/bin/$applet"
    done
}

# unpack_kernel BZIMAGE OUT: the kernel as an ELF image, which QEMU enters by PVH. Its own unpacking
# takes half of the time of a boot under emulation. A kernel that is packed otherwise is used as it is.
unpack_kernel() {
    if have xz; then
        # shellcheck disable=SC2013  # numbers: words and lines are the same
        for offset in $(LC_ALL=C grep -abo -P '\xFD7zXZ\x00' "$1" | cut -d : -f 1); do
            tail -c "+$((offset + 1))" "$1" | xz -dc --single-stream >"$2" 2>/dev/null || continue
            [ "$(head -c 4 "$2" | tail -c 3)" = ELF ] && return
        done
    fi
    cp "$1" "$2"
}

# The program that L1 runs in place of an init system.
write_init() {
    sed 's/^    //' >"$root/init" <<INIT
    #!/bin/sh
    PATH=/bin
    export PATH
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    cd /modules
    while read -r module; do
        insmod "\$module"
    done <order
    stty -F /dev/ttyS1 raw -echo
    qemu-system-x86_64 -L /firmware -accel kvm -machine pc -cpu host,$enlightenments \\
        -smp "\$(cat /job/smp)" -m 256 -nodefaults -no-user-config -no-reboot \\
        -display none -vga none -serial file:/dev/ttyS1 \\
        -device isa-debug-exit,iobase=0xf4,iosize=4 \\
        -kernel /job/image -append "\$(cat /job/cmdline)" </dev/null
    status=\$?
    # Waits until the last character has left the port.
    stty -F /dev/ttyS1 raw
    printf '\nhvkit-l2-status %d\n' "\$status"
    poweroff -f
INIT
    chmod 755 "$root/init"
}

# pack DIRECTORY FILE
pack() {
    (cd "$1" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$2" ||
        die "cannot write the archive $2" 'make room on its file system'
}

# A change of any of these makes the cached L1 stale.
host_stamp() {
    cat "$here/kvm.sh"
    kernel_package
    qemu-system-x86_64 --version
    ls -lL "$(command -v qemu-system-x86_64)"
}

build_host() {
    say "building the L1 machine: $package, $(qemu-system-x86_64 --version | head -n 1)"
    root=$(mktemp -d "$work/.root.XXXXXX")
    new=$(mktemp -d "$work/.host.XXXXXX")
    trap 'rm -rf "$root" "$new"' EXIT
    chmod 755 "$root"
    for directory in bin dev proc sys tmp lib lib64 firmware modules; do
        mkdir "$root/$directory"
    done
    add_busybox
    add_modules
    add_qemu
    write_init
    pack "$root" "$new/base.cpio"
    unpack_kernel "$(find "$tree/boot" -name 'vmlinuz-*' | head -n 1)" "$new/kernel"
    host_stamp | cksum >"$new/stamp"
    rm -rf "$host.old"
    [ ! -d "$host" ] || mv "$host" "$host.old"
    mv "$new" "$host"
    rm -rf "$host.old" "$root"
    trap - EXIT
}

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    if ! have apt-get || ! have dpkg-deb; then
        die 'this target takes its kernel from Debian packages' 'run it on Debian, or in a container of it'
    fi
    mkdir -p "$work/packages" || die "cannot write to $work" 'set HVKIT_CACHE to another directory'
    exec 9>"$work/lock"
    flock 9
    if [ -f "$host/stamp" ] && [ "$(host_stamp | cksum)" = "$(cat "$host/stamp")" ]; then
        return
    fi
    find_kernel_package
    fetch busybox-static
    find_busybox
    fetch "$package"
    build_host
}

# ---- run ----------------------------------------------------------------------------------------

clean_up() {
    [ -z "${qemu_pid:-}" ] || kill "$qemu_pid" 2>/dev/null || :
    rm -rf "$job"
}

# What L1 said is of interest only when L2 did not end as it should.
show_console() {
    tr -d '\r' <"$job/console" | grep -v '^$' | tail -n 20 | sed 's/^/L1: /' >&2 || :
}

stop() {
    trap - TERM INT HUP
    [ -z "${qemu_pid:-}" ] || kill "$qemu_pid" 2>/dev/null || :
    show_console
    exit "$EXIT_TIMEOUT"
}

write_job() {
    mkdir "$job/root" "$job/root/job"
    cp -L "$1" "$job/root/job/image"
    printf '%s\n' "$2" >"$job/root/job/smp"
    printf '%s' "$3" >"$job/root/job/cmdline"
    find_busybox
    pack "$job/root" "$job/job.cpio"
    # The kernel unpacks one archive after the other; a cpio archive is a multiple of four bytes.
    cat "$host/base.cpio" "$job/job.cpio" >"$job/initrd"
}

boot_host() {
    timeout -k 5 "${HVKIT_TIMEOUT:-0}" \
        qemu-system-x86_64 -accel tcg,thread=single -machine pc,hpet=off -cpu max -smp 2 -m 1280 \
        -nodefaults -no-user-config -no-reboot -display none \
        -serial "file:$job/console" -serial stdio \
        -kernel "$host/kernel" -initrd "$job/initrd" \
        -append 'console=ttyS0 quiet loglevel=2 mitigations=off nokaslr tsc=reliable nowatchdog rcupdate.rcu_expedited=1 panic=-1' \
        </dev/null 2>"$job/messages" &
    qemu_pid=$!
    status=0
    wait "$qemu_pid" || status=$?
    qemu_pid=
}

run() {
    [ -f "$host/base.cpio" ] || die 'the target kvm is not prepared' "run: $0 prepare"
    [ -r "$1" ] || die "cannot read the guest image $1" 'build it first'
    job=$(mktemp -d "${TMPDIR:-/tmp}/hvkit-kvm.XXXXXX")
    trap clean_up EXIT
    trap stop TERM INT HUP
    : >"$job/console"
    write_job "$@"
    boot_host
    if [ "$status" -ne 0 ]; then
        show_console
        finish "$status" "$job/messages"
    fi
    tr -d '\r' <"$job/console" >"$job/l2-messages"
    l2=$(sed -n 's/^hvkit-l2-status \([0-9]*\)$/\1/p' "$job/l2-messages" | tail -n 1)
    # What else is on that console came from QEMU, or from a kernel in trouble.
    sed -i -e '/^hvkit-l2-status/d' -e '/^\[.*\] reboot: /d' "$job/l2-messages"
    finish "${l2:-0}" "$job/l2-messages"
}

case ${1:-} in
prepare) prepare ;;
run)
    [ $# -eq 4 ] || die 'run takes an image, a number of processors and a command line' 'see README.md'
    shift
    run "$@"
    ;;
*) die "unknown command '${1:-}'" "usage: $0 prepare | run IMAGE SMP CMDLINE" ;;
esac
