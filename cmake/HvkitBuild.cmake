# SPDX-License-Identifier: BSD-2-Clause-Patent
# How this project compiles: language level, warnings, and the two flavours of each library.
#
#   hv_<room>       for hosted programs (tests, fuzzers, a userspace VMM); takes HVKIT_SANITIZE
#   hv_<room>_bare  the same sources for bare metal: no libc, no red zone, general registers only
#
# Both are the same code with no #ifdef between them.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Debug CACHE STRING "" FORCE)
endif()

set(HVKIT_SANITIZE "" CACHE STRING "Sanitizers for hosted code: address;undefined, thread, or empty")
set(HVKIT_COVERAGE_FLAGS "" CACHE STRING "Instrumentation for the libraries under test, such as -fsanitize=fuzzer-no-link")

set(HVKIT_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wvla -Wundef -Werror)
set(HVKIT_BARE_FLAGS -ffreestanding -nostdlib -mno-red-zone -mgeneral-regs-only -fpie -fvisibility=hidden
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer
    -fno-strict-aliasing -fno-common -fno-tree-vectorize)

# Settings shared by every hosted target.
add_library(hvkit_hosted INTERFACE)
target_compile_options(hvkit_hosted INTERFACE ${HVKIT_WARNINGS} ${HVKIT_COVERAGE_FLAGS})
if(HVKIT_SANITIZE)
    list(JOIN HVKIT_SANITIZE "," _sanitize)
    target_compile_options(hvkit_hosted INTERFACE -fsanitize=${_sanitize} -fno-sanitize-recover=all
                           -fno-omit-frame-pointer)
    target_link_options(hvkit_hosted INTERFACE -fsanitize=${_sanitize})
endif()

# Check's macros compare signed with unsigned and pass a NULL format tail. A library of its own, so that
# the options come behind the warnings that they take back.
add_library(hvkit_check INTERFACE)
target_compile_options(hvkit_check INTERFACE -Wno-sign-conversion -Wno-format-extra-args)
target_include_directories(hvkit_check INTERFACE ${PROJECT_SOURCE_DIR}/tests/unit)

# Settings shared by every bare-metal target. __FILE__ is relative, so that an image does not depend on where
# it was built.
add_library(hvkit_bare INTERFACE)
target_compile_options(hvkit_bare INTERFACE
    ${HVKIT_WARNINGS} ${HVKIT_BARE_FLAGS} -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= -g $<$<CONFIG:Debug>:-O1> $<$<NOT:$<CONFIG:Debug>>:-O2>)

# hvkit_add_library(core SOURCES a.c b.c LIBRARIES insn)
# LIBRARIES are rooms that it needs; each flavour gets its own.
function(hvkit_add_library room)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})

    # An installed archive must link without the warnings and sanitizers of this build tree, hence
    # BUILD_INTERFACE around all that is private to it.
    add_library(hv_${room} STATIC ${arg_SOURCES})
    add_library(hvkit::${room} ALIAS hv_${room})
    target_compile_options(hv_${room} PRIVATE -ffreestanding -fno-common)
    target_link_libraries(hv_${room} PRIVATE $<BUILD_INTERFACE:hvkit_hosted>)
    target_include_directories(hv_${room}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    set_target_properties(hv_${room} PROPERTIES EXPORT_NAME ${room} POSITION_INDEPENDENT_CODE ON)
    set_property(GLOBAL APPEND PROPERTY HVKIT_LIBRARIES hv_${room})
    set_property(GLOBAL PROPERTY HVKIT_NEEDS_${room} ${arg_LIBRARIES})
    foreach(library IN LISTS arg_LIBRARIES)
        target_link_libraries(hv_${room} PUBLIC hvkit::${library})
    endforeach()

    if(HVKIT_BARE)
        add_library(hv_${room}_bare STATIC ${arg_SOURCES})
        add_library(hvkit::${room}_bare ALIAS hv_${room}_bare)
        target_link_libraries(hv_${room}_bare PRIVATE $<BUILD_INTERFACE:hvkit_bare>)
        target_include_directories(hv_${room}_bare
            PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
            PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
        set_target_properties(hv_${room}_bare PROPERTIES EXPORT_NAME ${room}_bare)
        set_property(GLOBAL APPEND PROPERTY HVKIT_LIBRARIES hv_${room}_bare)
        foreach(library IN LISTS arg_LIBRARIES)
            target_link_libraries(hv_${room}_bare PUBLIC hvkit::${library}_bare)
        endforeach()
    endif()
endfunction()

# hvkit_add_sdk_library(worker SOURCES a.c b.c LIBRARIES emu)
# A library of the SDK in both flavours, hvkit::worker and hvkit::worker_bare, with the headers in include/
# below its directory. LIBRARIES are rooms that it needs; each flavour gets its own.
function(hvkit_add_sdk_library room)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_library(hvkit_${room} STATIC ${arg_SOURCES})
    add_library(hvkit::${room} ALIAS hvkit_${room})
    target_compile_options(hvkit_${room} PRIVATE -ffreestanding -fno-common)
    target_link_libraries(hvkit_${room} PRIVATE hvkit_hosted)
    set(flavours hvkit_${room})
    if(HVKIT_BARE)
        add_library(hvkit_${room}_bare STATIC ${arg_SOURCES})
        add_library(hvkit::${room}_bare ALIAS hvkit_${room}_bare)
        target_link_libraries(hvkit_${room}_bare PRIVATE hvkit_bare)
        list(APPEND flavours hvkit_${room}_bare)
    endif()
    foreach(flavour IN LISTS flavours)
        target_include_directories(${flavour} PUBLIC include ${PROJECT_SOURCE_DIR}/include
                                   PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
        string(REGEX MATCH "_bare$" suffix ${flavour})
        foreach(library IN LISTS arg_LIBRARIES)
            target_link_libraries(${flavour} PUBLIC hvkit::${library}${suffix})
        endforeach()
    endforeach()
endfunction()

# hvkit_add_unit_test(core_address SOURCES test_address.c LIBRARIES hvkit::core)
# A Check program; it sees the private headers of the room that its directory belongs to.
function(hvkit_add_unit_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT BUILD_TESTING)
        return()
    endif()
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET GLOBAL check)
    add_executable(test_${name} ${arg_SOURCES})
    target_link_libraries(test_${name} PRIVATE ${arg_LIBRARIES} hvkit_hosted hvkit_check PkgConfig::CHECK)
    target_include_directories(test_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/..)
    add_test(NAME unit.${name} COMMAND test_${name})
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120
        ENVIRONMENT "CK_FORK=no;CK_VERBOSITY=normal")
endfunction()
