/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hvkit/machine.h>

const char *hv_machine_status_text(enum hv_machine_status status)
{
    static const char *const texts[HV_MACHINE_STATUS_COUNT] = {
        [HV_MACHINE_OK] = "is good",
        [HV_MACHINE_TOO_SHORT] = "is shorter than its header; check the file",
        [HV_MACHINE_NOT_A_MODULE] = "is no machine module; make one with hvkit-machine compile",
        [HV_MACHINE_WRONG_VERSION] =
            "has another version; compile the description with the tool of this tree",
        [HV_MACHINE_CUT_OFF] = "is cut off; compile the description again",
        [HV_MACHINE_TOO_MANY] = "has no machine, or is larger than the limits allow",
        [HV_MACHINE_BAD_TABLES] = "has tables that go beyond its end",
        [HV_MACHINE_RESERVED_NOT_ZERO] = "has a value where nothing is used",
        [HV_MACHINE_BAD_TEXT] = "has a text outside of its texts, or of bytes that are none",
        [HV_MACHINE_BAD_FILE] = "has a file that is not where files can be",
        [HV_MACHINE_BAD_NAME] = "has a name that is not made of a-z, 0-9 and -",
        [HV_MACHINE_DUPLICATE_NAME] = "gives two machines, or two consoles, one name",
        [HV_MACHINE_BAD_VP_COUNT] = "has a machine with a number of VPs out of range",
        [HV_MACHINE_BAD_MEMORY] = "has a machine with a size of memory out of range",
        [HV_MACHINE_BAD_CPU] = "has a machine with a weight, reserve or cap out of range",
        [HV_MACHINE_BAD_PRIVILEGES] = "grants privileges that no machine can have",
        [HV_MACHINE_BAD_BOOT] = "has a kernel with an unknown boot protocol",
        [HV_MACHINE_NO_SUCH_FILE] = "has a machine with a file that is not there",
        [HV_MACHINE_BAD_DEVICE] = "has a device that is unknown, there twice, or one too many",
        [HV_MACHINE_BAD_SHOW] = "does not say which lines of a console are shown",
        [HV_MACHINE_BAD_END] = "has a machine with no end, or with one that cannot come",
        [HV_MACHINE_BAD_RESTARTS] = "has a machine with a number of restarts that cannot be",
    };

    return texts[status];
}
