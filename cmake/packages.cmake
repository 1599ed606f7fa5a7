# Two Debian packages, made by `cpack -G DEB` in the build folder: `stoa` serves, `stoa-sdk` builds plugins.
# Files outside the prefix belong to the packages alone: `cmake --install` leaves them out.
install(FILES packaging/stoa.toml DESTINATION /etc/stoa COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES config/stoa.service DESTINATION /lib/systemd/system COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stoa)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The developers of Stoa <stoa@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Learning-platform backend that speaks five REST contracts")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF)  # a plugin's hash stands in its manifest
set(CPACK_COMPONENTS_ALL server debian sdk)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENT_SERVER_GROUP server)
set(CPACK_COMPONENT_DEBIAN_GROUP server)
set(CPACK_COMPONENT_SDK_GROUP sdk)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME stoa)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION web)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "adduser, debconf, postgresql-15")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS "ca-certificates, fonts-dejavu-core, fonts-noto-core, fonts-wqy-microhei")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR})
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(scripts ${CMAKE_SOURCE_DIR}/packaging)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    "${scripts}/postinst;${scripts}/prerm;${scripts}/postrm;${scripts}/templates;${scripts}/conffiles")
set(CPACK_COMPONENT_GROUP_SERVER_DESCRIPTION
    "Server, first-party plugins, migrations and documentation. With its own PostgreSQL it needs no setup.")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME stoa-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS
    "stoa (= ${PROJECT_VERSION}), cmake, g++, libboost1.81-dev, libpq-dev, catch2")
set(CPACK_COMPONENT_GROUP_SDK_DESCRIPTION "Headers, CMake package, plugin template and test kit for plugins of Stoa.")
include(CPack)
