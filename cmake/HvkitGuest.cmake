# SPDX-License-Identifier: BSD-2-Clause-Patent
# Kernels on the guest runtime (sdk/guest).

find_program(HVKIT_OBJCOPY NAMES ${CMAKE_OBJCOPY} objcopy REQUIRED)

# hvkit_add_guest_kernel(NAME SOURCES a.c b.S [LIBRARIES hv_core_bare])
#
# Builds ${CMAKE_BINARY_DIR}/images/NAME.elf, which boots by multiboot1, multiboot2 and PVH, and
# NAME.sym, the same as an ELF64 with symbols for a debugger. The target is called NAME; its target
# property GUEST_IMAGE is the path of NAME.elf.
function(hvkit_add_guest_kernel name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    set(images ${CMAKE_BINARY_DIR}/images)
    set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../sdk/guest/guest.lds)
    cmake_path(NORMAL_PATH script)

    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES
        OUTPUT_NAME ${name}.sym RUNTIME_OUTPUT_DIRECTORY ${images} POSITION_INDEPENDENT_CODE OFF
        GUEST_IMAGE ${images}/${name}.elf LINK_DEPENDS ${script})
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} hvkit_guest hvkit_bare)
    target_link_options(${name} PRIVATE -nostdlib -static -Wl,-T,${script}
        -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none)
    # QEMU's multiboot loader takes no ELF64.
    add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${HVKIT_OBJCOPY} -O elf32-i386 ${images}/${name}.sym ${images}/${name}.elf
        BYPRODUCTS ${images}/${name}.elf VERBATIM)
endfunction()
