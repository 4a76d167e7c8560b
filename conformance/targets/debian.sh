# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Machines out of Debian packages: how a target script that boots a kernel of its own fetches and
# packs what runs on it. Read with "." after common.sh.
#
# Packages come from the archive that apt is configured for; after use_suite, from another suite of it.

suite=
library_path=lib/x86_64-linux-gnu:usr/lib/x86_64-linux-gnu

# ---- packages -----------------------------------------------------------------------------------

# use_cache TARGET: $work, where the target keeps what it fetches and makes; $host, the machine that is made.
use_cache() {
    target=$1
    work=$(cache_dir)/$target
    packages=$work/packages
    host=$work/host
}

# lock_cache: no two scripts prepare the same target at a time.
lock_cache() {
    if ! have apt-get || ! have dpkg-deb; then
        die 'this target is made of Debian packages' 'run it on Debian, or in a container of it'
    fi
    mkdir -p "$packages" || die "cannot write to $work" 'set HVKIT_CACHE to another directory'
    exec 9>"$work/lock"
    flock 9
}

# use_suite SUITE: from now on packages come from that suite of Debian. apt is told by a configuration
# in the cache; the machine's own is left alone. Debian's keyring on this machine must know the suite's key.
use_suite() {
    suite=$1
    mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || die "Debian's keyring $keyring is missing" 'install the package debian-archive-keyring'
    # shellcheck disable=SC2016  # apt's own variable
    archive=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1)
    printf 'deb [signed-by=%s] %s %s main\n' \
        "$keyring" "${archive:-http://deb.debian.org/debian/}" "$suite" >"$work/apt/sources.list"
}

# apt COMMAND ARGUMENTS...: apt-get or apt-cache for the suite in use. Of another suite than the machine's own
# a mirror that is weeks behind will do: Debian has signed what it has.
apt() {
    command=$1
    shift
    if [ -n "$suite" ]; then
        set -- -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
            -o Dir::State::lists="$work/apt/lists" -o Dir::State::status=/dev/null \
            -o Dir::Cache="$work/apt" -o Acquire::Check-Valid-Until=false "$@"
    fi
    # apt's own unprivileged user cannot write to the cache; it would complain without end.
    "$command" -o APT::Sandbox::User="$(id -un)" "$@"
}

# know PACKAGE: lets apt fetch its lists if it has not heard of the package.
know() {
    if [ -z "$suite" ]; then
        need_lists "$1"
    elif [ -z "$(apt apt-cache show "$1" 2>/dev/null)" ]; then
        say "fetching the package lists of $suite"
        apt apt-get update -q >&2 ||
            die "cannot fetch the package lists of $suite" 'check the network, and the name of the suite'
    fi
}

# fetch PACKAGE...: unpacks each package into $packages/PACKAGE, downloading those that are missing.
# apt-get checks a download against the signed index of the archive.
fetch() {
    for name; do
        shift
        [ -d "$packages/$name" ] || set -- "$@" "$name"
    done
    [ $# -gt 0 ] || return 0
    if [ $# -gt 4 ]; then say "downloading $# packages"; else say "downloading $*"; fi
    partial=$(mktemp -d "$packages/.partial.XXXXXX")
    (cd "$partial" && apt apt-get -q download "$@" >&2) || {
        rm -rf "$partial"
        die "cannot download $*" "check the network and run: apt-get update"
    }
    for deb in "$partial"/*.deb; do
        name=$(basename "$deb")
        name=${name%%_*}
        dpkg-deb -x "$deb" "$partial/tree" || {
            rm -rf "$partial"
            die "the package $name is damaged" "run: apt-get update, and try again"
        }
        mv "$partial/tree" "$packages/$name"
    done
    rm -rf "$partial"
}

# stands_for PACKAGE PREFIX: the package beginning with PREFIX that the metapackage depends on today.
stands_for() {
    apt apt-cache depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2[^ ]*\)\$/\1/p" | head -n 1
}

# newest PREFIX: the package beginning with PREFIX that is in the cache already.
newest() {
    for entry in "$packages/$1"*; do
        [ ! -d "$entry" ] || basename "$entry"
    done | tail -n 1
}

# choose METAPACKAGE PREFIX: what is in the cache, or else what the metapackage stands for.
choose() {
    chosen=$(newest "$2")
    [ -z "$chosen" ] || return 0
    know "$1"
    chosen=$(stands_for "$1" "$2")
    [ -n "$chosen" ] || die "the package $1 is not in the archive of this machine" \
        'this target needs Debian, or an apt source of it'
}

# libraries_of PACKAGE...: the packages of shared libraries that these need.
libraries_of() {
    apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances "$@" |
        sed -n -e '/^libpython/d' -e '/^libperl/d' -e 's/^\(lib[^ ]*\|zlib1g\)$/\1/p' | sort -u
}

find_busybox() {
    busybox=$(find "$packages/busybox-static" -path '*/bin/busybox' -type f 2>/dev/null | head -n 1)
    [ -n "$busybox" ] || die 'the package busybox-static has no busybox' "remove $work and try again"
}

# ---- the file system of a machine, in $root ------------------------------------------------------

# new_root DIRECTORY...: an empty file system with these directories and busybox as APPLETS.
new_root() {
    root=$(mktemp -d "$work/.root.XXXXXX")
    new=$(mktemp -d "$work/.host.XXXXXX")
    trap 'rm -rf "$root" "$new"' EXIT
    chmod 755 "$root"
    for entry in bin dev proc sys tmp lib lib64 modules "$@"; do
        mkdir -p "$root/$entry"
    done
    cp "$busybox" "$root/bin/busybox"
    for applet in sh mount cat insmod stty poweroff mkdir; do
        ln -s busybox "$root/bin/$applet"
    done
}

# merge PACKAGE...: one tree, $sysroot, of the packages: the libraries find each other there.
merge() {
    sysroot=$work/.sysroot
    rm -rf "$sysroot"
    mkdir "$sysroot"
    for name; do
        # A directory of one package is a symbolic link of another: lib and usr/lib.
        (cd "$packages/$name" && tar -cf - .) | tar -xf - -C "$sysroot" --keep-directory-symlink
    done
}

# add_file FILE: the file, at its own path; what a symbolic link means, at the link's path.
add_file() {
    mkdir -p "$root$(dirname "$1")"
    cp -L "${2:-}$1" "$root$1"
}

# add_program FILE TO: a program of this machine and its shared libraries.
add_program() {
    cp -L "$1" "$root$2"
    ldd "$1" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | while read -r library; do
        add_file "$library"
    done
}

# add_foreign FILE TO: the same for a program of $sysroot, whose C library need not be this machine's.
add_foreign() {
    cp -L "$sysroot$1" "$root$2"
    loader=$(find "$sysroot/" -name 'ld-linux-x86-64.so.2' -type f | head -n 1)
    path=$(printf '%s' "$library_path" | sed "s,[^:]*,$sysroot/&,g")
    # A library that is missing is named here and not listed below.
    listed=$("$loader" --library-path "$path" --list "$sysroot$1" 2>&1) ||
        die "a library of $1 is missing: $(printf '%s' "$listed" | tail -n 1)" "remove $work and try again"
    cp -L "$loader" "$root/lib64/ld-linux-x86-64.so.2"
    printf '%s\n' "$listed" | sed -n "s,^.*=> $sysroot\(/[^ ]*\) (0x.*,\1,p" | while read -r library; do
        add_file "$library" "$sysroot"
    done
}

# add_modules TREE MODULE...: modules of the kernel in TREE, in the order in which they are to be
# loaded. One that the kernel has built in, or does not have, is left out.
add_modules() {
    kernel=$(find "$1" -type d -path '*/modules/*/kernel' | head -n 1)
    shift
    for module; do
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
}

# add_script PATH: the script on standard input.
add_script() {
    sed 's/^    //' >"$root$1"
    chmod 755 "$root$1"
}

# ---- what is booted, in $new, then in $host ------------------------------------------------------

# pack DIRECTORY FILE
pack() {
    (cd "$1" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$2" ||
        die "cannot write the archive $2" 'make room on its file system'
}

# unpack_kernel TREE OUT: its kernel as an ELF image, which QEMU enters by PVH and Xen as its dom0. Its
# own unpacking takes half of the time of a boot under emulation. One packed otherwise is used as it is.
unpack_kernel() {
    image=$(find "$1/boot" -name 'vmlinuz-*' | head -n 1)
    if have xz; then
        # shellcheck disable=SC2013  # numbers: words and lines are the same
        for offset in $(LC_ALL=C grep -abo -P '\xFD7zXZ\x00' "$image" | cut -d : -f 1); do
            tail -c "+$((offset + 1))" "$image" | xz -dc --single-stream >"$2" 2>/dev/null || continue
            [ "$(head -c 4 "$2" | tail -c 3)" = ELF ] && return
        done
    fi
    cp "$image" "$2"
}

# is_current STAMP: whether what is in the cache was made of just these things.
is_current() {
    [ -f "$host/stamp" ] && [ "$(printf '%s' "$1" | cksum)" = "$(cat "$host/stamp")" ]
}

# publish STAMP: what is in $root and $new becomes the machine in the cache.
publish() {
    pack "$root" "$new/base.cpio"
    rm -rf "$root" "$work/.sysroot"
    keep "$1"
}

# keep STAMP: what is in $new becomes the machine in the cache.
keep() {
    printf '%s' "$1" | cksum >"$new/stamp"
    rm -rf "$host.old"
    [ ! -d "$host" ] || mv "$host" "$host.old"
    mv "$new" "$host"
    rm -rf "$host.old"
    trap - EXIT
}
