/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "synic_reference.h"

#include <hv/interrupt.h>

#define TYPE        7u  /* of messages of ports */
#define MIN_PERIOD  200 /* a first tick may come that late, in units of 100 ns */
#define SLACK       2   /* a TSC deadline is rounded up */
#define TIMER_BYTES sizeof(struct hv_timer_message_payload)

uint64_t reference_now(const struct machine *machine)
{
    return hv_time_reference(machine->partition);
}

static bool is_in(const uint32_t *words, unsigned vector)
{
    return words[vector / 32] >> vector % 32 & 1;
}

static uint64_t value_of(const struct machine *machine, uint32_t vp, uint32_t msr)
{
    uint64_t value;

    fake_rdmsr(machine->vps[vp], msr, &value);
    CHECK(!machine->backends[vp].injected);
    return value;
}

static bool is_on(const struct machine *machine, uint32_t vp, uint32_t page)
{
    return value_of(machine, vp, HV_X64_MSR_SCONTROL) & value_of(machine, vp, page) & 1;
}

/* ---- Ports ---- */

void reference_begin(struct machine *machine)
{
    struct reference *reference = &machine->reference;

    for (unsigned id = 0; id < PORTS; id++)
        reference->port_of[id] = reference->connection_of[id] = NO_PORT;
}

hv_status reference_create(struct machine *machine, uint32_t id,
                           const struct hv_port_config *config)
{
    struct reference *reference = &machine->reference;
    struct reference_port *port = &reference->ports[reference->port_count];
    uint32_t flags_end = (uint32_t)config->base_flag + config->flag_count;

    if (config->sint == 0 || (config->type == HvPortTypeEvent &&
                              (config->flag_count == 0 || flags_end > HV_EVENT_FLAGS_COUNT)))
        return HV_STATUS_INVALID_PARAMETER;
    if (reference->port_of[id] != NO_PORT)
        return HV_STATUS_INVALID_PORT_ID;
    *port = (struct reference_port){ .config = *config, .id = id, .latest = { -1, -1 } };
    reference->port_of[id] = reference->port_count++;
    return HV_STATUS_SUCCESS;
}

static bool is_on_its_way(const struct reference_message *message)
{
    return message->state == POSTED || message->state == WAITING;
}

/* TLFS: messages that wait are lost with their port. */
hv_status reference_delete(struct machine *machine, uint32_t id)
{
    struct reference *reference = &machine->reference;

    if (reference->port_of[id] == NO_PORT)
        return HV_STATUS_INVALID_PORT_ID;
    reference->ports[reference->port_of[id]].deleted = true;
    for (int i = 0; i < reference->message_count; i++)
        if (reference->messages[i].port == reference->port_of[id] &&
            is_on_its_way(&reference->messages[i]))
            reference->messages[i].state = DROPPED;
    reference->port_of[id] = NO_PORT;
    return HV_STATUS_SUCCESS;
}

hv_status reference_connect(struct machine *machine, uint32_t connection, uint32_t id)
{
    struct reference *reference = &machine->reference;

    if (reference->port_of[id] == NO_PORT)
        return HV_STATUS_INVALID_PORT_ID;
    if (reference->connection_of[connection] != NO_PORT)
        return HV_STATUS_INVALID_CONNECTION_ID;
    reference->connection_of[connection] = reference->port_of[id];
    return HV_STATUS_SUCCESS;
}

hv_status reference_disconnect(struct machine *machine, uint32_t connection)
{
    struct reference *reference = &machine->reference;

    if (reference->connection_of[connection] == NO_PORT)
        return HV_STATUS_INVALID_CONNECTION_ID;
    reference->connection_of[connection] = NO_PORT;
    return HV_STATUS_SUCCESS;
}

/* The port that a connection leads to, if one can send that on it. */
static hv_status follow(const struct reference *reference, uint32_t connection, uint32_t type,
                        int *index)
{
    *index = reference->connection_of[connection];
    if (*index == NO_PORT)
        return HV_STATUS_INVALID_CONNECTION_ID;
    if (reference->ports[*index].deleted || reference->ports[*index].config.type != type)
        return HV_STATUS_INVALID_PORT_ID;
    return HV_STATUS_SUCCESS;
}

static bool is_reachable(const struct machine *machine, const struct reference_port *port,
                         uint32_t page)
{
    if (port->config.vp_index != HV_ANY_VP)
        return is_on(machine, port->config.vp_index, page);
    return is_on(machine, 0, page) || is_on(machine, 1, page);
}

/* ---- Sending ---- */

static unsigned buffers_in_use(const struct reference *reference, int port)
{
    unsigned count = 0;

    for (int i = 0; i < reference->message_count; i++)
        count += reference->messages[i].port == port && is_on_its_way(&reference->messages[i]);
    return count;
}

hv_status reference_post(struct machine *machine, uint32_t connection, uint32_t size,
                         uint64_t *number)
{
    struct reference *reference = &machine->reference;
    int port;
    hv_status status = follow(reference, connection, HvPortTypeMessage, &port);

    *number = (uint64_t)reference->message_count;
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!is_reachable(machine, &reference->ports[port], HV_X64_MSR_SIMP))
        return HV_STATUS_INVALID_SYNIC_STATE;
    if (buffers_in_use(reference, port) == HV_PORT_MESSAGES)
        return HV_STATUS_INSUFFICIENT_BUFFERS;
    reference->messages[reference->message_count++] =
        (struct reference_message){ .port = port, .size = size };
    return HV_STATUS_SUCCESS;
}

void reference_posted(struct machine *machine, uint32_t self, uint32_t target)
{
    struct reference *reference = &machine->reference;
    struct reference_message *message = &reference->messages[reference->message_count - 1];
    uint32_t wanted = reference->ports[message->port].config.vp_index;

    CHECK(wanted == HV_ANY_VP ? is_on(machine, target, HV_X64_MSR_SIMP) : target == wanted);
    message->target = target;
    message->state = target == self ? WAITING : POSTED;
}

static bool is_masked(const struct machine *machine, uint32_t vp, unsigned sint)
{
    return value_of(machine, vp, HV_X64_MSR_SINT0 + sint) & HV_X64_MSR_SINT_MASKED;
}

hv_status reference_signal(struct machine *machine, uint32_t connection, uint16_t flag,
                           hv_status answer)
{
    struct reference *reference = &machine->reference;
    const struct hv_port_config *config;
    int port;
    hv_status status = follow(reference, connection, HvPortTypeEvent, &port);

    if (status != HV_STATUS_SUCCESS)
        return status;
    config = &reference->ports[port].config;
    if (flag >= config->flag_count)
        return HV_STATUS_INVALID_PARAMETER;
    if (!is_reachable(machine, &reference->ports[port], HV_X64_MSR_SIEFP))
        return HV_STATUS_INVALID_SYNIC_STATE;
    /* With any VP it depends on which was chosen. */
    if (config->vp_index == HV_ANY_VP && answer == HV_STATUS_INVALID_SYNIC_STATE &&
        (is_masked(machine, 0, config->sint) || is_masked(machine, 1, config->sint)))
        return answer;
    if (config->vp_index != HV_ANY_VP && is_masked(machine, config->vp_index, config->sint))
        return HV_STATUS_INVALID_SYNIC_STATE;
    reference->signalled = config;
    reference->flag_number = (uint32_t)config->base_flag + flag;
    return HV_STATUS_SUCCESS;
}

void reference_queued(struct machine *machine, uint32_t vp)
{
    struct reference *reference = &machine->reference;

    for (int i = 0; i < reference->message_count; i++)
        if (reference->messages[i].state == POSTED && reference->messages[i].target == vp)
            reference->messages[i].state = WAITING;
}

void reference_prepared(struct machine *machine, uint32_t vp)
{
    reference_queued(machine, vp);
    machine->reference.vp[vp].kicks = machine->backends[vp].kicks;
}

static uint32_t waiting_sints(const struct reference *reference, uint32_t vp)
{
    uint32_t sints = 0;

    for (int i = 0; i < reference->message_count; i++)
        if (reference->messages[i].state == WAITING && reference->messages[i].target == vp)
            sints |= 1u << reference->ports[reference->messages[i].port].config.sint;
    return sints;
}

bool reference_waits(const struct machine *machine, uint32_t vp)
{
    return is_on(machine, vp, HV_X64_MSR_SIMP) && waiting_sints(&machine->reference, vp) != 0;
}

/* ---- Timers ---- */

static bool is_set(const struct reference_timer *timer, uint64_t bits)
{
    return (timer->config & bits) != 0;
}

static unsigned sint_of(const struct reference_timer *timer)
{
    return (timer->config & HV_X64_MSR_STIMER_CONFIG_SINTX_MASK) >>
           HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT;
}

static unsigned vector_of(uint64_t config)
{
    return (config & HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_MASK) >>
           HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT;
}

/* When it is to fire first. */
static uint64_t first_expiration(const struct reference_timer *timer)
{
    uint64_t start = is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC) ? timer->start : 0;

    return timer->count < UINT64_MAX - start ? start + timer->count : UINT64_MAX;
}

/* And by when at the latest. */
static uint64_t latest_first(const struct reference_timer *timer)
{
    uint64_t first = first_expiration(timer), least = timer->start + MIN_PERIOD;

    if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC) && first < least)
        first = least;
    return first < UINT64_MAX - SLACK ? first + SLACK : UINT64_MAX;
}

bool reference_timer(struct machine *machine, uint32_t vp, unsigned index, bool count,
                     uint64_t value)
{
    struct reference_timer *timer = &machine->reference.vp[vp].timer[index];

    if (!count && (value & HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE) && vector_of(value) < 16)
        return false;
    if (count)
        timer->count = value;
    else
        timer->config = value;
    if (!count)
        timer->enabled = is_set(timer, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    else if (value == 0)
        timer->enabled = false;
    else
        timer->enabled |= is_set(timer, HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
    /* TLFS: a message needs a SINT other than 0. */
    if (!is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE)) {
        machine->reference.vp[vp].timer_sints |= 1u << sint_of(timer);
        timer->enabled &= sint_of(timer) != 0;
    }
    timer->start = reference_now(machine);
    timer->fired = 0;
    timer->expired = false;
    timer->latest = timer->start;
    timer->deadline = latest_first(timer);
    machine->reference.vp[vp].served = true;
    return true;
}

void reference_served(struct machine *machine, uint32_t vp)
{
    machine->reference.vp[vp].served = true;
}

static void see_timer(struct machine *machine, uint32_t vp, unsigned sint,
                      const struct hv_message *message)
{
    struct hv_timer_message_payload payload;
    struct reference_timer *timer;

    memcpy(&payload, message->payload, sizeof(payload));
    CHECK(message->header.payload_size == TIMER_BYTES && payload.timer_index < HV_STIMERS);
    timer = &machine->reference.vp[vp].timer[payload.timer_index];
    CHECK(!is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE) && sint == sint_of(timer));
    CHECK(payload.reserved == 0 && payload.delivery_time == reference_now(machine));
    CHECK(payload.expiration_time <= payload.delivery_time);
    if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC)) {
        CHECK(timer->enabled && payload.expiration_time > timer->latest);
        CHECK((payload.expiration_time - timer->start) % timer->count == 0);
    } else {
        CHECK(timer->fired == 0 && payload.expiration_time == timer->count);
    }
    timer->latest = payload.expiration_time;
    timer->fired++;
}

/* One that has fired by itself is not enabled any more. */
static void check_one_shot(struct reference_timer *timer, uint64_t now, bool served, bool enabled,
                           const uint32_t *requested)
{
    if (!served || timer->count > now || timer->count == 0)
        CHECK(enabled == timer->enabled);
    else
        CHECK(!enabled || timer->enabled);
    if (served && timer->count != 0 && latest_first(timer) <= now)
        CHECK(!enabled);
    if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE) && timer->enabled && !enabled)
        CHECK(is_in(requested, vector_of(timer->config)));
    timer->expired |= timer->enabled && !enabled;
    timer->enabled = enabled;
}

/* A lazy timer may leave a tick out for the next one, if that is near. */
static bool may_skip(const struct reference_timer *timer, uint64_t now)
{
    return is_set(timer, HV_X64_MSR_STIMER_CONFIG_LAZY) &&
           is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC) && first_expiration(timer) <= now &&
           (now - timer->start) % timer->count > timer->count / 2;
}

/* By when the next one comes after a look at which one came, or may have been left out. */
static uint64_t latest_next(const struct reference_timer *timer, uint64_t now)
{
    uint64_t period = timer->count > MIN_PERIOD ? timer->count : MIN_PERIOD;

    return period < UINT64_MAX - SLACK - now ? now + period + SLACK : UINT64_MAX;
}

/* Of an interrupt that stays pending a guest cannot see how often it came; so an earlier one
   counts. */
static void check_periodic(struct reference_timer *timer, uint64_t now, const uint32_t *requested)
{
    bool direct = is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE);
    bool pending = direct && is_in(requested, vector_of(timer->config));

    if (!timer->enabled || timer->count == 0 || first_expiration(timer) > now)
        return;
    if (direct && timer->deadline <= now && !may_skip(timer, now))
        CHECK(pending);
    if (pending || may_skip(timer, now))
        timer->deadline = latest_next(timer, now);
}

/* Whether a direct timer may have interrupted: not more often than it expired. */
static bool may_tick(const struct reference_timer *timer, uint64_t now)
{
    uint64_t expired = 1;

    if (!is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE) || !timer->enabled ||
        timer->count == 0 || first_expiration(timer) > now)
        return false;
    if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC))
        expired = (now - timer->start) / timer->count;
    return timer->fired < expired;
}

/* Ticks are counted where they can be nobody else's. */
static void explain_ticks(struct reference_vp *reference, uint64_t now, const uint32_t *requested,
                          uint32_t *explained)
{
    struct reference_timer *ticking[256] = { NULL };

    for (unsigned i = 0; i < HV_STIMERS; i++) {
        struct reference_timer *timer = &reference->timer[i];
        unsigned vector = vector_of(timer->config);
        bool alone = !is_in(explained, vector);

        if (!may_tick(timer, now))
            continue;
        explained[vector / 32] |= 1u << vector % 32;
        ticking[vector] = alone ? timer : NULL;
    }
    for (unsigned vector = 0; vector < 256; vector++)
        if (ticking[vector] && is_in(requested, vector) && !is_in(reference->requested, vector))
            ticking[vector]->fired++;
}

static void check_timers(struct machine *machine, uint32_t vp, const uint32_t *requested,
                         uint32_t *explained)
{
    struct reference_vp *reference = &machine->reference.vp[vp];
    uint64_t now = reference_now(machine);

    explain_ticks(reference, now, requested, explained);
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        struct reference_timer *timer = &reference->timer[i];
        uint64_t config = value_of(machine, vp, HV_X64_MSR_STIMER0_CONFIG + 2 * i);
        bool enabled = config & HV_X64_MSR_STIMER_CONFIG_ENABLE;

        CHECK(value_of(machine, vp, HV_X64_MSR_STIMER0_COUNT + 2 * i) == timer->count);
        CHECK(((config ^ timer->config) & ~HV_X64_MSR_STIMER_CONFIG_ENABLE &
               ~HV_X64_MSR_STIMER_CONFIG_RSVDZ_MASK) == 0);
        if (!is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC)) {
            check_one_shot(timer, now, reference->served, enabled, requested);
            continue;
        }
        CHECK(enabled == timer->enabled);
        if (reference->served)
            check_periodic(timer, now, requested);
    }
    reference->served = false;
}

/* ---- What a guest sees ---- */

static void see_port(struct machine *machine, uint32_t vp, unsigned sint,
                     const struct hv_message *message)
{
    struct reference *reference = &machine->reference;
    uint64_t number = message->payload[0];
    struct reference_message *sent = &reference->messages[number];
    struct reference_port *port;

    CHECK(message->header.message_type == TYPE);
    CHECK(number < (uint64_t)reference->message_count && sent->state == WAITING);
    port = &reference->ports[sent->port];
    CHECK(sent->target == vp && port->config.sint == sint);
    CHECK(message->header.origination_id == port->id && message->header.payload_size == sent->size);
    for (unsigned i = 1; i < HV_MESSAGE_MAX_PAYLOAD_QWORD_COUNT; i++)
        CHECK(message->payload[i] == 0);
    /* First in, first out. */
    CHECK(port->latest[vp] < (int)number);
    port->latest[vp] = (int)number;
    sent->state = SEEN;
}

/* What interrupts through a SINT now. */
static void interrupt(const struct machine *machine, uint32_t vp, unsigned sint,
                      const uint32_t *requested, uint32_t *explained)
{
    uint64_t value = value_of(machine, vp, HV_X64_MSR_SINT0 + sint);
    unsigned vector = value & HV_X64_MSR_SINT_VECTOR_MASK;

    if (value & (HV_X64_MSR_SINT_MASKED | HV_X64_MSR_SINT_POLLING))
        return;
    CHECK(is_in(requested, vector));
    explained[vector / 32] |= 1u << vector % 32;
}

/* A message that nobody has emptied stays, but for the flag that tells of more. */
static void check_kept(const struct hv_message *was, const struct hv_message *is)
{
    struct hv_message same = *is;

    CHECK((was->header.message_flags & ~is->header.message_flags) == 0);
    same.header.message_flags = was->header.message_flags;
    CHECK(memcmp(&same, was, sizeof(same)) == 0);
}

static void check_slots(struct machine *machine, uint32_t vp, const uint32_t *requested,
                        uint32_t *explained)
{
    struct reference_vp *reference = &machine->reference.vp[vp];
    bool on = is_on(machine, vp, HV_X64_MSR_SIMP);
    uint32_t waiting;

    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
        const struct hv_message *is = slot_of(machine->vps[vp], sint);
        struct hv_message *was = &reference->slots.sint_message[sint];

        if (was->header.message_type != HvMessageTypeNone) {
            check_kept(was, is);
        } else if (is->header.message_type != HvMessageTypeNone) {
            CHECK(on && is->header.reserved == 0);
            if (is->header.message_type == HvMessageTimerExpired)
                see_timer(machine, vp, sint, is);
            else
                see_port(machine, vp, sint, is);
            interrupt(machine, vp, sint, requested, explained);
            reference->waited &= ~(1u << sint);
            reference->emptied &= ~(1u << sint);
        }
        *was = *is;
    }
    waiting = waiting_sints(&machine->reference, vp);
    reference->waited |= waiting;
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
        const struct hv_message_header *header = &reference->slots.sint_message[sint].header;
        bool full = header->message_type != HvMessageTypeNone;
        bool tells = header->message_flags & HV_MESSAGE_FLAG_PENDING;

        CHECK((header->message_flags & ~HV_MESSAGE_FLAG_PENDING) == 0);
        if (on && (waiting & ~reference->emptied) >> sint & 1)
            CHECK(full && tells);
        if (full && tells)
            CHECK((reference->waited | reference->timer_sints) >> sint & 1);
    }
}

static void check_flags(struct machine *machine, uint32_t vp, const uint32_t *requested,
                        uint32_t *explained)
{
    struct reference *reference = &machine->reference;
    const struct hv_port_config *config = reference->signalled;
    struct hv_synic_event_flags_page *was = &reference->vp[vp].flags;
    const struct hv_synic_event_flags_page *is = machine->vps[vp]->synic.event_page.page;
    uint32_t number = reference->flag_number;

    if (memcmp(was, is, sizeof(*was)) == 0)
        return;
    CHECK(config);
    CHECK(config->vp_index == vp || config->vp_index == HV_ANY_VP);
    was->sint_event_flags[config->sint].flags[number / 8] |= (uint8_t)(1u << number % 8);
    CHECK(memcmp(was, is, sizeof(*was)) == 0);
    interrupt(machine, vp, config->sint, requested, explained);
}

/* Of the flag that was signalled: it is set now, whether it was before or not. */
static void check_signalled(struct machine *machine)
{
    struct reference *reference = &machine->reference;
    const struct hv_port_config *config = reference->signalled;
    uint32_t number = reference->flag_number;
    bool set = false;

    if (!config)
        return;
    for (uint32_t vp = 0; vp < VPS; vp++) {
        const struct hv_synic_event_flags *flags =
            &reference->vp[vp].flags.sint_event_flags[config->sint];

        if (config->vp_index == vp || config->vp_index == HV_ANY_VP)
            set |= flags->flags[number / 8] >> number % 8 & 1;
    }
    CHECK(set);
    reference->signalled = NULL;
}

static void check_vp(struct machine *machine, uint32_t vp)
{
    struct reference_vp *reference = &machine->reference.vp[vp];
    struct hv_apic *apic = &machine->vps[vp]->apic;
    uint32_t requested[HV_APIC_WORDS], explained[HV_APIC_WORDS] = { 0 };

    for (unsigned i = 0; i < HV_APIC_WORDS; i++)
        requested[i] = apic->irr[i] | apic->inbox.edge[i] | apic->inbox.level[i];
    check_slots(machine, vp, requested, explained);
    check_flags(machine, vp, requested, explained);
    check_timers(machine, vp, requested, explained);
    for (unsigned i = 0; i < HV_APIC_WORDS; i++)
        CHECK((requested[i] & ~reference->requested[i] & ~explained[i]) == 0);
    memcpy(reference->requested, requested, sizeof(requested));
    if (hv_synic_has_posts(&machine->vps[vp]->synic) || hv_apic_has_post(apic))
        CHECK(machine->backends[vp].kicks != reference->kicks);
}

void check(struct machine *machine)
{
    for (uint32_t vp = 0; vp < VPS; vp++)
        check_vp(machine, vp);
    check_signalled(machine);
}

void reference_emptied(struct machine *machine, uint32_t vp, unsigned sint)
{
    struct hv_message_header *header = &machine->reference.vp[vp].slots.sint_message[sint].header;

    header->message_type = HvMessageTypeNone;
    header->message_flags = 0;
    machine->reference.vp[vp].emptied |= 1u << sint;
}

void reference_scanned(struct machine *machine, uint32_t vp)
{
    machine->reference.vp[vp].emptied = 0;
}

void reference_cleared(struct machine *machine, uint32_t vp, unsigned sint)
{
    memset(&machine->reference.vp[vp].flags.sint_event_flags[sint], 0,
           sizeof(struct hv_synic_event_flags));
}

void reference_taken(struct machine *machine, uint32_t vp, unsigned vector)
{
    machine->reference.vp[vp].requested[vector / 32] &= ~(1u << vector % 32);
}

/* What is in the inbox stays, and what it is kicked for. */
void reference_reset(struct machine *machine, uint32_t vp)
{
    struct reference *reference = &machine->reference;
    struct reference_vp fresh = { .kicks = reference->vp[vp].kicks };

    memcpy(fresh.requested, reference->vp[vp].requested, sizeof(fresh.requested));
    for (int i = 0; i < reference->message_count; i++)
        if (reference->messages[i].target == vp && is_on_its_way(&reference->messages[i]))
            reference->messages[i].state = DROPPED;
    reference->vp[vp] = fresh;
}

/* ---- The end ---- */

void reference_end(const struct machine *machine)
{
    const struct reference *reference = &machine->reference;
    uint64_t now = reference_now(machine);

    for (int i = 0; i < reference->message_count; i++)
        CHECK(!is_on_its_way(&reference->messages[i]));
    for (uint32_t vp = 0; vp < VPS; vp++) {
        for (unsigned i = 0; i < HV_STIMERS; i++) {
            const struct reference_timer *timer = &reference->vp[vp].timer[i];
            bool periodic = is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC);

            if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE))
                continue;
            if (!periodic)
                CHECK(timer->fired == timer->expired);
            else if (timer->enabled && timer->count != 0 && timer->deadline <= now &&
                     !may_skip(timer, now))
                CHECK(timer->fired != 0);
        }
    }
}
