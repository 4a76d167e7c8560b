# SPDX-License-Identifier: BSD-2-Clause-Patent
# cmake --install: headers (for those of the SDK see hvkit_add_sdk_library), both flavours of each library, a
# CMake package and a .pc file a library.

include(CMakePackageConfigHelpers)

get_property(_libraries GLOBAL PROPERTY HVKIT_LIBRARIES)
install(TARGETS ${_libraries} EXPORT hvkit ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/hv DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hvkit)
install(EXPORT hvkit FILE hvkitTargets.cmake NAMESPACE hvkit:: DESTINATION ${_package_dir})
configure_package_config_file(cmake/hvkitConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/hvkitConfig.cmake
                              INSTALL_DESTINATION ${_package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/hvkitConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/hvkitConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/hvkitConfigVersion.cmake
        DESTINATION ${_package_dir})

set(_room_core "Hypervisor side of the Hyper-V interface")
set(_room_insn "Decoder of x86 instructions")
set(_room_vmbus "VMBus transport of the Hyper-V interface")
set(_room_ic "Integration services of the Hyper-V interface")
set(_room_emu "Legacy device emulation")
set(_room_boot "Parsers of boot images: ELF by multiboot and PVH, Linux bzImage")
set(_room_worker "A child partition's machine, above the VID interface")
set(_room_machine "Reader of compiled machine descriptions")
foreach(_library IN LISTS _libraries)
    get_target_property(_room ${_library} HVKIT_ROOM)
    get_target_property(HVKIT_PC_HEADERS ${_library} HVKIT_HEADERS)
    get_target_property(_needs ${_library} HVKIT_NEEDS)
    list(JOIN _needs " " HVKIT_PC_REQUIRES)
    set(HVKIT_PC_NAME ${_library})
    set(HVKIT_PC_DESCRIPTION ${_room_${_room}})
    if(_library MATCHES "_bare$")
        string(APPEND HVKIT_PC_DESCRIPTION ", for bare metal")
    endif()
    set(HVKIT_PC_CFLAGS "-I\${includedir}")
    if(HVKIT_PC_HEADERS)
        string(APPEND HVKIT_PC_CFLAGS " -I\${includedir}${HVKIT_PC_HEADERS}")
    endif()
    configure_file(cmake/hvkit.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${_library}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${_library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
