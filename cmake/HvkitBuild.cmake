# SPDX-License-Identifier: BSD-2-Clause-Patent
# How this project compiles: language level, warnings, and the two flavours of each library.
#
#   hv_<room>       for hosted programs (tests, fuzzers, a userspace VMM); takes HVKIT_SANITIZE
#   hv_<room>_bare  the same sources for bare metal: no libc, no red zone, general registers only
#
# Those of the SDK are called hvkit_<room> and hvkit_<room>_bare.
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

# For images that gcc optimises as one program, as their way of an exit goes through many small functions of many
# files. The limits are above the compiler's own (30, and 40 per cent): calls there cost more than the text that
# they save.
set(HVKIT_WHOLE_PROGRAM -flto=auto --param=max-inline-insns-auto=60 --param=inline-unit-growth=150)

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
# A room of lib/: hvkit::core, and hvkit::core_bare for bare metal. LIBRARIES are rooms that it needs, made
# before it; each flavour gets its own.
function(hvkit_add_library room)
    _hvkit_add_flavours(hv ${room} "" ${ARGN})
endfunction()

# hvkit_add_sdk_library(worker SOURCES a.c b.c LIBRARIES emu)
# A library of the SDK, likewise; its headers are those in include/ below its directory. They are installed
# into a directory of their own, since names such as boot/ are common.
function(hvkit_add_sdk_library room)
    _hvkit_add_flavours(hvkit ${room} /hvkit-sdk ${ARGN})
    install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hvkit-sdk)
endfunction()

# headers: where they are installed, below the include directory.
function(_hvkit_add_flavours prefix room headers)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    set(target ${prefix}_${room})
    _hvkit_add_flavour(${target} ${room} "" hvkit_hosted)
    target_compile_options(${target} PRIVATE -ffreestanding -fno-common)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(HVKIT_BARE)
        _hvkit_add_flavour(${target} ${room} _bare hvkit_bare)
    endif()
endfunction()

# With the variables of the caller. An installed archive must link without the warnings and sanitizers of
# this build tree, hence BUILD_INTERFACE around all that is private to it.
function(_hvkit_add_flavour target room suffix settings)
    string(APPEND target "${suffix}")
    add_library(${target} STATIC ${arg_SOURCES})
    add_library(hvkit::${room}${suffix} ALIAS ${target})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${settings}>)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    if(headers)
        target_include_directories(${target} PUBLIC
            $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}${headers}>)
    endif()
    set(needs "")
    foreach(library IN LISTS arg_LIBRARIES)
        target_link_libraries(${target} PUBLIC hvkit::${library}${suffix})
        get_target_property(needed hvkit::${library}${suffix} ALIASED_TARGET)
        list(APPEND needs ${needed})
    endforeach()
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${room}${suffix}
        HVKIT_ROOM ${room} HVKIT_HEADERS "${headers}" HVKIT_NEEDS "${needs}")
    set_property(GLOBAL APPEND PROPERTY HVKIT_LIBRARIES ${target})
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
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 300
        ENVIRONMENT "CK_FORK=no;CK_VERBOSITY=normal")
endfunction()
