#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# get.sh DIR: puts Linux for the root partition into DIR: a kernel with /dev/mshv, built of Debian's newest
# source of Linux, and an initial RAM disk. HVKIT_BUILD is where hvkit is built (build/release). What apt downloads it checks against Debian's signed index; source
# and kernel stay in the cache, and the second time nothing is downloaded or built.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
targets=$here/../../../conformance/targets
# shellcheck source-path=SCRIPTDIR source=../../../conformance/targets/common.sh
. "$targets/common.sh"
# shellcheck source-path=SCRIPTDIR source=../../../conformance/targets/debian.sh
. "$targets/debian.sh"
# shellcheck disable=SC2154  # $work, $packages, $chosen: debian.sh

need_tools() {
    need_tool gcc gcc
    need_tool make make
    need_tool bison bison
    need_tool flex flex
    need_tool bc bc
    need_tool xz xz-utils
    need_tool python3 python3
    [ -e /usr/include/libelf.h ] || install libelf-dev
    [ -e /usr/include/openssl/ssl.h ] || install libssl-dev
}

# install PACKAGE: of the Debian that this machine runs.
install() {
    need_lists "$1"
    say "installing $1"
    as_root "$1 is missing" apt-get install -y -q --no-install-recommends "$1"
}

# compile TARGET...: runs the kernel's make. It must not take the machine from whoever works on it.
compile() {
    nice -n 10 make -C "$source" O="$tree" -j "${HVKIT_JOBS:-$(nproc)}" "$@" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "cannot build the kernel" "the whole log is $log"
    }
}

# is_configured LINE: whether what the line of kernel.config asks for has come true.
is_configured() {
    case $1 in
    '# '*) ! grep -q "^$(echo "$1" | cut -d ' ' -f 2)=" "$tree/.config" ;;
    *) grep -q -x -F "$1" "$tree/.config" ;;
    esac
}

# configure: the smallest kernel and what kernel.config adds.
configure() {
    compile tinyconfig
    options=$(grep -e '^CONFIG_' -e '^# CONFIG_.* is not set$' "$here/kernel.config")
    printf '%s\n' "$options" >>"$tree/.config"
    compile olddefconfig
    printf '%s\n' "$options" | while read -r line; do
        is_configured "$line" || die "this Linux does not take the line '$line'" "mend $here/kernel.config"
    done
}

# build: the kernel in $new, with the headers that the same source has for user space.
build() {
    source=$work/source
    tree=$work/tree
    log=$work/build.log
    say "building the kernel, which takes some minutes; the log is $log"
    rm -rf "$source" "$tree"
    mkdir -p "$source" "$tree"
    : >"$log"
    archive=$(find "$packages/$chosen/usr/src" -name 'linux-source-*.tar.xz' | head -n 1)
    [ -n "$archive" ] || die "the package $chosen has no source" "remove $work and try again"
    nice -n 10 tar -xJf "$archive" -C "$source" --strip-components=1 ||
        die "cannot unpack $archive" 'make room of 3 GiB on its file system'
    configure
    compile vmlinux headers
    strip -o "$new/vmlinux" "$tree/vmlinux"
    cp -r "$tree/usr/include" "$new/include"
    # Two gigabytes that nobody needs any more.
    rm -rf "$source" "$tree"
}

# compile_program FILE SOURCE-OR-LIBRARY...: a program for the RAM disk, which has no shared libraries.
compile_program() {
    name=$1
    shift
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -static -I "$vmm" -I "$top/include" -I "$top/sdk/worker/include" \
        -I "$top/sdk/machine/include" -I "$host/include" -o "$directory/$name" "$@" ||
        die "cannot build $name" 'see the message above; it needs the packages libc6-dev and libyaml-dev'
}

# build_programs: hvkit-vmm, whose libraries the build has, and the program that checks the driver.
build_programs() {
    compile_program hvkit-mshv-check "$vmm"/check/*.c "$vmm"/check/*.S "$vmm/mshv.c"
    set --
    for library in samples/vmm/libhv_vmm_kvm samples/vmm/libhv_vmm tools/machine/libhv_machine_tool worker/libhvkit_worker \
        machine/libhvkit_machine boot/libhvkit_boot ../lib/emu/libhv_emu ../lib/core/libhv_core \
        ../lib/insn/libhv_insn; do
        set -- "$@" "$build/sdk/$library.a"
    done
    compile_program hvkit-vmm "$vmm/main.c" "$vmm/backends.c" "$vmm/vid_mshv.c" "$vmm"/mshv*.c "$@" -lyaml -pthread
}

# add_machines: what hvkit-vmm runs when it is checked.
add_machines() {
    "$here/../linux/get.sh" "$out" || exit "$EXIT_SETUP"
    need_image "$build/images/hvkit-conformance.elf"
    mkdir "$directory/machines"
    cp "$vmm/machines.yaml" "$out/vmlinuz-debian-12" "$out/initrd.img" "$directory/machines/"
    # Its symbols are three quarters of it.
    strip -o "$directory/machines/hvkit-conformance.elf" "$build/images/hvkit-conformance.elf"
}

[ $# -eq 1 ] || die 'get.sh takes one directory' "usage: $0 DIR"
out=$1
top=$here/../../..
vmm=$here/../vmm
build=${HVKIT_BUILD:-$top/build/release}
mkdir -p "$out" || die "cannot make the directory $out" 'give another one'
use_cache linux-root
lock_cache
chosen=$(newest linux-source-)
if [ -z "$chosen" ] || [ ! -d "$packages/busybox-static" ]; then
    use_suite unstable
    choose linux-source linux-source-
    fetch busybox-static "$chosen"
fi
find_busybox
stamp="$chosen $(cksum <"$here/kernel.config")"
if ! is_current "$stamp"; then
    need_tools
    new=$(mktemp -d "$work/.host.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    build
    keep "$stamp"
fi
need_tool gcc gcc
need_tool python3 python3
replace "$out/vmlinux-root" <"$host/vmlinux"
new_directory linux-root
build_programs
add_machines
python3 "$here/../linux/make_initrd.py" "$busybox" /dev/stdout "$directory"/hvkit-* -- "$directory"/machines/* |
    replace "$out/initrd-root.img"
