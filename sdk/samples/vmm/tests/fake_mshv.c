/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fake_mshv.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_mshv fake_mshv;
struct hv_machine fake_machine;
struct vmm_trouble fake_trouble;

static unsigned files_before;

/* The linker gives the back end this one. */
int __wrap_ioctl(int file, unsigned long request, ...);

static unsigned open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

void fake_mshv_forget(void)
{
    memset(&fake_mshv, 0, sizeof(fake_mshv));
    fake_trouble.text[0] = 0;
}

void fake_mshv_start(void)
{
    fake_mshv_forget();
    fake_machine = (struct hv_machine){ .name = "m",
                                        .privileges = HV_MACHINE_PRIVILEGES_USUAL,
                                        .vp_count = 2,
                                        .cpu_weight = HV_CPU_WEIGHT_DEFAULT,
                                        .cpu_cap = HV_CPU_CAP_SCALE };
    files_before = open_files();
    ck_assert(vmm_mshv_backend.open(vmm_mshv_backend.context, "/dev/null", &fake_trouble));
}

void fake_mshv_end(void)
{
    struct mshv_partition *partition = vmm_mshv_backend.context;

    vmm_mshv_backend.unmake(partition);
    close(partition->device);
    ck_assert_uint_eq(open_files(), files_before);
}

bool fake_mshv_make(void)
{
    return vmm_mshv_backend.make(vmm_mshv_backend.context, &fake_machine, &fake_trouble);
}

unsigned fake_mshv_requests(unsigned long request)
{
    unsigned count = 0;

    for (unsigned i = 0; i < fake_mshv.request_count; i++)
        count += fake_mshv.requests[i] == request;
    return count;
}

const struct fake_call *fake_mshv_call(uint16_t code, unsigned number)
{
    for (unsigned i = 0; i < fake_mshv.call_count; i++)
        if (fake_mshv.calls[i].code == code && number-- == 0)
            return &fake_mshv.calls[i];
    return NULL;
}

/* A file with a page, as a VP's has its registers. */
static int make_file(void)
{
    int file = memfd_create("mshv", MFD_CLOEXEC);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(ftruncate(file, HV_PAGE_SIZE), 0);
    return file;
}

static int refuse(int error)
{
    errno = error;
    return -1;
}

static int make_call(struct mshv_root_hvcall *call)
{
    struct fake_call *kept = &fake_mshv.calls[fake_mshv.call_count++];

    ck_assert_uint_le(fake_mshv.call_count, FAKE_CALLS);
    kept->code = call->code;
    kept->reps = call->reps;
    memcpy(&kept->input, (const void *)(uintptr_t)call->in_ptr,
           call->in_sz < sizeof(kept->input) ? call->in_sz : sizeof(kept->input));
    if (call->code == fake_mshv.refused_call) {
        call->status = HV_STATUS_INVALID_PARAMETER;
        return refuse(EIO);
    }
    if (call->out_sz == 0)
        return 0;
    memcpy((void *)(uintptr_t)call->out_ptr, fake_mshv.output,
           call->out_sz < sizeof(fake_mshv.output) ? call->out_sz : sizeof(fake_mshv.output));
    return 0;
}

static int route(const struct mshv_user_irq_table *table)
{
    ck_assert_uint_le(table->nr, FAKE_IRQFDS);
    memcpy(fake_mshv.routes, table->entries, table->nr * sizeof(table->entries[0]));
    fake_mshv.route_count = table->nr;
    return 0;
}

static int run(struct mshv_run_vp *message)
{
    if (fake_mshv.run_error != 0)
        return refuse(fake_mshv.run_error);
    memcpy(message->msg_buf, fake_mshv.message, sizeof(message->msg_buf));
    return 0;
}

static int serve(unsigned long request, void *argument)
{
    switch (request) {
    case MSHV_CREATE_PARTITION:
        fake_mshv.partition = *(const struct mshv_create_partition *)argument;
        return make_file();
    case MSHV_CREATE_VP:
        return make_file();
    case MSHV_INITIALIZE_PARTITION:
        return 0;
    case MSHV_SET_GUEST_MEMORY:
        fake_mshv.region = *(const struct mshv_user_mem_region *)argument;
        return 0;
    case MSHV_IRQFD:
        ck_assert_uint_lt(fake_mshv.irqfd_count, FAKE_IRQFDS);
        fake_mshv.irqfds[fake_mshv.irqfd_count++] = *(const struct mshv_user_irqfd *)argument;
        return 0;
    case MSHV_SET_MSI_ROUTING:
        return route(argument);
    case MSHV_ROOT_HVCALL:
        return make_call(argument);
    case MSHV_RUN_VP:
        return run(argument);
    default:
        ck_abort_msg("request 0x%lx", request);
    }
}

int __wrap_ioctl(int file, unsigned long request, ...)
{
    va_list arguments;
    void *argument;

    ck_assert_int_ge(file, 0);
    va_start(arguments, request);
    argument = request == MSHV_INITIALIZE_PARTITION ? NULL : va_arg(arguments, void *);
    va_end(arguments);
    ck_assert_uint_lt(fake_mshv.request_count, FAKE_REQUESTS);
    fake_mshv.requests[fake_mshv.request_count++] = request;
    return request == fake_mshv.refused_request ? refuse(EIO) : serve(request, argument);
}
