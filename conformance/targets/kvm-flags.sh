# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# The processor of a guest of QEMU/KVM, for the targets that run one. Read with ".".

# The CPU flags of a Windows guest on QEMU/KVM, all of them. hv-evmcs is for Intel processors alone.
all=hv-relaxed,hv-vapic,hv-spinlocks=0x1fff,hv-vpindex,hv-runtime,hv-time,hv-crash,hv-reset
all=$all,hv-synic,hv-stimer,hv-stimer-direct,hv-frequencies,hv-reenlightenment
all=$all,hv-tlbflush,hv-ipi,hv-xmm-input,hv-emsr-bitmap

# The value of QEMU's -cpu: HVKIT_TARGET_FLAGS with commas.
cpu() {
    # shellcheck disable=SC2086  # words on purpose
    set -- ${HVKIT_TARGET_FLAGS-all}
    words=host
    for word; do
        [ "$word" != all ] || word=$all
        words=$words,$word
    done
    printf '%s' "$words"
}
