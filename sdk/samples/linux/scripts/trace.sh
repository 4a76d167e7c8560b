# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# How often the kernel has made hypercalls, as its trace points tell.

trace_events=/sys/kernel/tracing/events/hyperv

# trace EVENT KEY: counts from now on.
trace() {
    echo "hist:keys=$2" >"$trace_events/$1/trigger"
}

# traced EVENT: how often there was one.
traced() {
    sed -n 's/^ *Hits: //p' "$trace_events/$1/hist" | grep . || echo 0
}
