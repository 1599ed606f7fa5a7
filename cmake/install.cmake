# What `cmake --install` writes below a prefix, in two components: `server` runs Stoa, `sdk` builds plugins for it.
#   bin/stoa  lib/stoa/{libstoa_sdk.so,plugins/<id>}  share/stoa/{migrations,config,docs,swagger-ui}
#   include/stoa/{*.hpp,areas,testing}  lib/stoa/libstoa_testing.a  lib/cmake/Stoa  share/stoa/template
# Nothing in it knows the prefix: `stoa` finds its parts beside its executable, StoaConfig.cmake beside itself.
include(CMakePackageConfigHelpers)

set_target_properties(stoa PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/stoa")
set_target_properties(stoa_sdk PROPERTIES INSTALL_RPATH "")
install(TARGETS stoa RUNTIME DESTINATION bin COMPONENT server)
install(TARGETS stoa_sdk LIBRARY DESTINATION lib/stoa COMPONENT server)
install(DIRECTORY migrations config DESTINATION share/stoa COMPONENT server
        FILES_MATCHING PATTERN "*.sql" PATTERN "*.toml" PATTERN "*.service")
install(DIRECTORY api/examples DESTINATION share/stoa/api COMPONENT server FILES_MATCHING PATTERN "*.json")
install(DIRECTORY docs DESTINATION share/stoa COMPONENT server FILES_MATCHING PATTERN "*.md")
install(FILES README.md LICENSE DESTINATION share/stoa COMPONENT server)
# Made by `./dev docs` and fetched by `./dev build`, where they were.
install(DIRECTORY ${CMAKE_BINARY_DIR}/docs/sdk DESTINATION share/stoa/docs COMPONENT server OPTIONAL)
install(DIRECTORY ${CMAKE_BINARY_DIR}/swagger-ui DESTINATION share/stoa COMPONENT server OPTIONAL)

install(DIRECTORY sdk/stoa/ DESTINATION include/stoa COMPONENT sdk FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY ${CMAKE_BINARY_DIR}/generated/stoa/ DESTINATION include/stoa COMPONENT sdk FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY sdk/testing DESTINATION include/stoa COMPONENT sdk FILES_MATCHING PATTERN "*.hpp" PATTERN src EXCLUDE)
install(TARGETS stoa_testing ARCHIVE DESTINATION lib/stoa COMPONENT sdk)
install(DIRECTORY examples/plugin-template/ DESTINATION share/stoa/template COMPONENT sdk)
configure_package_config_file(cmake/StoaConfig.cmake.in ${CMAKE_BINARY_DIR}/StoaConfig.cmake
                              INSTALL_DESTINATION lib/cmake/Stoa)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/StoaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/StoaConfig.cmake ${CMAKE_BINARY_DIR}/StoaConfigVersion.cmake cmake/plugin.cmake
              cmake/manifest.cmake
        DESTINATION lib/cmake/Stoa COMPONENT sdk)
