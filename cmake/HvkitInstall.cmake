# SPDX-License-Identifier: BSD-2-Clause-Patent
# cmake --install: headers, both flavours of each library, a CMake package and a .pc file a library.

include(CMakePackageConfigHelpers)

get_property(_libraries GLOBAL PROPERTY HVKIT_LIBRARIES)
install(TARGETS ${_libraries} EXPORT hvkit ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/hv sdk/machine/include/hvkit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
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
set(_room_machine "Reader of compiled machine descriptions")
foreach(_library IN LISTS _libraries)
    string(REGEX REPLACE "^hv_([a-z]+).*$" "\\1" _room ${_library})
    set(HVKIT_PC_NAME ${_library})
    set(HVKIT_PC_DESCRIPTION ${_room_${_room}})
    get_property(HVKIT_PC_REQUIRES GLOBAL PROPERTY HVKIT_NEEDS_${_room})
    list(TRANSFORM HVKIT_PC_REQUIRES PREPEND hv_)
    if(_library MATCHES "_bare$")
        string(APPEND HVKIT_PC_DESCRIPTION ", for bare metal")
        list(TRANSFORM HVKIT_PC_REQUIRES APPEND _bare)
    endif()
    list(JOIN HVKIT_PC_REQUIRES " " HVKIT_PC_REQUIRES)
    configure_file(cmake/hvkit.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${_library}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${_library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
