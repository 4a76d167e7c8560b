# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Linux in the root partition of the sample hypervisor (L1), on a processor that QEMU emulates, and on its /dev/mshv
# whatever runs the guest (L2). Read with "." after nested.sh, by the targets mshv-*.
#
# HVKIT_MSHV_LPS: how many processors L1 has, 2 unless set.
# shellcheck disable=SC2154  # $host, $directory: debian.sh and common.sh

# use_root TARGET: packages come out of linux-root's cache; what is built of the sources that are here is the
# target's own.
use_root() {
    use_cache linux-root
    # shellcheck disable=SC2034  # for debian.sh and nested.sh
    target=$1
    host=$(cache_dir)/$target
}

# prepare_root SAMPLE INITRD: what the sample's get.sh makes, kernel and RAM disk.
prepare_root() {
    need_tool qemu-system-x86_64 qemu-system-x86
    "$here/../../sdk/samples/$1/get.sh" "$host" || exit "$EXIT_SETUP"
    ln -sf "$2" "$host/base.cpio"
}

# new_root_job IMAGE: a job with the guest, and with what stands before and after the job's script.
new_root_job() {
    hypervisor=$(realpath "${HVKIT_BUILD:-.}")/images/hvkit-type1.elf
    [ -r "$hypervisor" ] || die "$hypervisor: the sample hypervisor is missing" \
        "build it, or name the build directory that has it in HVKIT_BUILD"
    new_job "$1"
    cp -L "$1" "$directory/root/job/guest"
    initrd=${HVKIT_INITRD:-}
    [ -z "$initrd" ] || cp -L "$initrd" "$directory/root/job/initrd"
    mkdir "$directory/root/scripts"
}

# add_root_script COMMAND: what L1's first program runs; the lines of COMMAND leave L2's end in $status, as QEMU's is.
add_root_script() {
    # shellcheck disable=SC2034  # for add_script
    root=$directory/root
    run_l2 "$1
dmesg | grep -E 'WARNING|BUG:|Oops|Call Trace|mshv.*(fail|err)'" | add_script /scripts/job
}

# boot_root MEMORY WHO: runs the job, and ends the script as L2 ended, which WHO ran.
boot_root() {
    pack_job
    ln -s "$host/vmlinux-root" "$directory/linux"
    cd "$directory" || exit
    boot_host -cpu max -smp "${HVKIT_MSHV_LPS:-2}" -m "$1" -kernel "$hypervisor" \
        -append "tsc=trust ${HVKIT_SAMPLE_OPTIONS:-}" \
        -initrd 'linux console=ttyS0 panic=-1 hvkit.script=job,initrd'
    end "$2"
}
