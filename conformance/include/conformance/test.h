/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief How a conformance test is written.
 *
 * @code
 *     // Why the test is there, what went wrong elsewhere, where that is written.
 *     HV_TEST(synthetic_msrs, vp_index_is_read_only,
 *             COVERS(HV_REQ_MSR_029, HV_REQ_MSR_028),
 *             NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex),
 *             "A guest that could change its VP index would receive another VP's messages")
 *     {
 *         CHECK_FAULT(safe_wrmsr(HV_X64_MSR_VP_INDEX, 1), VECTOR_GP);
 *     }
 * @endcode
 *
 * The test's name is area/name with '-' for '_'. A test whose needs are not met is skipped with the
 * reason. A failed CHECK is recorded and the test goes on; a failed REQUIRE ends the test. An
 * exception that nobody expected fails the test that raised it and no other.
 *
 * What the TLFS leaves open is observed, not judged: a characterization records what the
 * implementation does, for the report to show beside what others do.
 *
 * @code
 *     // KVM shows it at any time, Xen hides it.
 *     HV_CHARACTERIZE(discovery, version_before_the_guest_os_id, COVERS(HV_REQ_GAP_238),
 *                     NEEDS_NOTHING, "Guests log the version before they set their id")
 *     {
 *         OBSERVE("leaf-2", "%s", cpuid(HV_CPUID_VERSION).eax ? "the version" : "zero");
 *     }
 * @endcode
 *
 * Before each test the partition is in the state that hv_baseline() makes: no guest OS id, no
 * overlay. The boot CPU has no interrupt pending or in service, and no vector has a handler. Tests
 * leave other state as they found it.
 */
#ifndef CONFORMANCE_TEST_H
#define CONFORMANCE_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#include "requirements.h"

/** What a test needs of the implementation; all zero: nothing. */
struct test_needs {
    uint64_t privileges; /**< HV_PRIVILEGE_ bits of CPUID leaf 0x40000003 EBX:EAX, all of them */
    uint64_t lacks;      /**< HV_PRIVILEGE_ bits of which none may be there */
    uint32_t features;   /**< HV_FEATURE_EDX_ bits, all of them */
    uint32_t lacks_features; /**< HV_FEATURE_EDX_ bits of which none may be there */
    uint32_t recommends;     /**< HV_RECOMMEND_EAX_ bits, all of them */
    uint32_t vps;            /**< virtual processors; 0 means 1 */
    bool ports;              /**< a way to make ports: conformance/ports.h */
};

/** One test; see HV_TEST(). */
struct test {
    const char *area;
    const char *name;
    const char *why;
    const char *file;
    const enum hv_requirement *requirements; /**< ended by HV_REQ_NONE */
    const struct test_needs *needs;
    void (*run)(void);
};

/** The requirements that a test checks. */
#define COVERS(...)              \
    {                            \
        __VA_ARGS__, HV_REQ_NONE \
    }

/** Designated initialisers of struct test_needs; NEEDS_NOTHING for none. */
#define NEEDS(...)  \
    {               \
        __VA_ARGS__ \
    }

/** Runs on anything. */
#define NEEDS_NOTHING \
    {                 \
        .vps = 1      \
    }

/** Defines and registers a test; the body follows. */
#define HV_TEST(area_, name_, covers_, needs_, why_)                            \
    static void area_##__##name_(void);                                         \
    static const enum hv_requirement area_##__##name_##__covers[] = covers_;    \
    static const struct test_needs area_##__##name_##__needs = needs_;          \
    static const struct test area_##__##name_##__test = {                       \
        #area_,                                                                 \
        #name_,                                                                 \
        why_,                                                                   \
        __FILE__,                                                               \
        area_##__##name_##__covers,                                             \
        &area_##__##name_##__needs,                                             \
        area_##__##name_,                                                       \
    };                                                                          \
    static const struct test *const area_##__##name_##__entry                   \
        __attribute__((section("hv_tests"), used)) = &area_##__##name_##__test; \
    static void area_##__##name_(void)

/**
 * Defines and registers a characterization; the body follows. It covers nothing but gaps of the
 * TLFS (HV_REQ_GAP_...), records at least one value, and may check what is certain all the same.
 */
#define HV_CHARACTERIZE HV_TEST

/* The four below may be used on any CPU; REQUIRE and its like only in the test itself, on CPU 0. */

/** Counts a check; records a failure with the text when @p condition is false. */
#define CHECK(condition, ...) test_check((condition), __FILE__, __LINE__, __VA_ARGS__)

/** Two integers are equal. */
#define CHECK_EQ(actual, expected) \
    test_check_equal((uint64_t)(actual), (uint64_t)(expected), #actual, __FILE__, __LINE__)

/** A struct fault is the exception of that vector. */
#define CHECK_FAULT(fault, vector_) test_check_fault((fault), (vector_), #fault, __FILE__, __LINE__)

/** A struct fault is none. */
#define CHECK_NO_FAULT(fault) test_check_no_fault((fault), #fault, __FILE__, __LINE__)

/** Like CHECK, and ends the test on failure. */
#define REQUIRE(condition, ...)             \
    do {                                    \
        if (!CHECK(condition, __VA_ARGS__)) \
            test_abandon();                 \
    } while (0)

/** Like CHECK_EQ, and ends the test on failure. */
#define REQUIRE_EQ(actual, expected)     \
    do {                                 \
        if (!CHECK_EQ(actual, expected)) \
            test_abandon();              \
    } while (0)

/** Like CHECK_NO_FAULT, and ends the test on failure. */
#define REQUIRE_NO_FAULT(fault)     \
    do {                            \
        if (!CHECK_NO_FAULT(fault)) \
            test_abandon();         \
    } while (0)

bool test_check(bool condition, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool test_check_equal(uint64_t actual, uint64_t expected, const char *text, const char *file,
                      int line);
bool test_check_fault(struct fault fault, uint8_t vector, const char *text, const char *file,
                      int line);
bool test_check_no_fault(struct fault fault, const char *text, const char *file, int line);

/** Ends the test; what was recorded so far decides. */
void test_abandon(void) __attribute__((noreturn));

/** Ends the test as skipped, unless something failed before. On CPU 0. */
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/**
 * Has @p cleanup run when this test has ended, however it ends; once, whoever asks for it again.
 * Of several the last that was asked for is the first. What fails there is the test's failure. On
 * CPU 0.
 */
void test_at_end(void (*cleanup)(void));

/** Records an observed value, for the report; the key has neither blank nor '='. */
#define OBSERVE(key, ...) test_value((key), __VA_ARGS__)

void test_value(const char *key, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
