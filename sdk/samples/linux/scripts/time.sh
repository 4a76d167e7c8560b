# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Whether the kernel's clock goes as fast as that of the machine, which counts seconds by itself.

machine_time() {
    cat /sys/class/rtc/rtc0/since_epoch
}

begin_time() {
    earliest=$(machine_time)
    time_before=$(hundredths)
    latest=$(machine_time)
}

# check_time: since begin_time. A second may have passed while either was read, and each is cut off.
check_time() {
    least=$(($(machine_time) - latest - 1))
    passed=$((($(hundredths) - time_before) / 100))
    most=$(($(machine_time) - earliest + 1))
    why=
    if [ "$passed" -lt "$least" ] || [ "$passed" -gt "$most" ]; then
        why="$passed s have passed, but $least to $most s of the machine's clock"
    fi
    report time "$why"
}
