/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP that waits for its start-up is started in a state that the guest has prepared. */
#include <hv/abi/tlfs.h>
#include <hv/register.h>

#include "svm.h"

static hv_status apply(struct hv_vp *vp, const struct hv_initial_vp_context *initial)
{
    hv_status status = HV_STATUS_SUCCESS;
    struct hv_register128 value;
    uint32_t name;

    for (uint32_t i = 0;
         status == HV_STATUS_SUCCESS && hv_register_initial(initial, i, &name, &value); i++)
        status = svm_set_register(NULL, vp, name, &value);
    return status;
}

hv_status svm_start(void *context, struct hv_vp *hv_vp, const struct hv_initial_vp_context *initial)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);
    hv_status status;

    (void)context;
    if (vp->activity != SVM_WAIT_FOR_STARTUP)
        return HV_STATUS_INVALID_VP_STATE;
    status = apply(hv_vp, initial);
    if (status != HV_STATUS_SUCCESS) {
        /* PAT comes last, so that what is left to undo is what INIT sets. */
        svm_set_init_state(vp);
        return status;
    }
    vp->activity = SVM_RUNNING;
    return HV_STATUS_SUCCESS;
}
