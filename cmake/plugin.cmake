# stoa_add_plugin(badges [SOURCES files...] [MIGRATIONS migrations] [SETTINGS settings.toml] [MANIFEST plugin.toml]
#                 [LIBRARIES libs...] [TESTS files...] [INTO plugins])
#
# Builds a plugin into <build>/plugins/<id>/: library, manifest, migrations, settings, as a server loads it; `cmake --install`
# puts that folder into <prefix>/lib/stoa/plugins/. The same function in Stoa's own tree and with an installed SDK.
#   SOURCES     the plugin's .cpp files; all below the folder but tests/ where nothing is said
#   MIGRATIONS  a folder of 0001_name.sql files; `migrations` where there is one
#   SETTINGS    the plugin's section as operators write it, every key with its default; `settings.toml` where there is one
#   MANIFEST    what the author says of the plugin; the build adds library, fingerprint, hash and needed areas
#   LIBRARIES   further libraries to link
#   TESTS       .cpp files of Catch2 tests; with the plugin's own code they become <id>_tests, which ctest runs
#   INTO        another folder of the build, for plugins that are not to be installed
#
# The plugin's code must live in namespace stoa_plugin::<id>: two libraries with types of the same name would corrupt each
# other, so a source that says otherwise does not configure.
function(stoa_add_plugin id)
  cmake_parse_arguments(arg "" "INTO;MIGRATIONS;SETTINGS;MANIFEST" "SOURCES;LIBRARIES;TESTS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS OR NOT id MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "stoa_add_plugin(badges ...): the id comes first, in small letters; found: ${id} ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(here ${CMAKE_CURRENT_SOURCE_DIR})
  if(NOT arg_INTO)
    set(arg_INTO plugins)
  endif()
  if(NOT arg_SOURCES)
    file(GLOB_RECURSE arg_SOURCES CONFIGURE_DEPENDS ${here}/*.cpp)
    list(FILTER arg_SOURCES EXCLUDE REGEX "^${here}/(tests|build[^/]*)/")
  endif()
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST plugin.toml)
  endif()
  if(NOT arg_MIGRATIONS AND IS_DIRECTORY ${here}/migrations)
    set(arg_MIGRATIONS migrations)
  endif()
  if(NOT arg_SETTINGS AND EXISTS ${here}/settings.toml)
    set(arg_SETTINGS settings.toml)
  endif()
  foreach(kind SOURCES MANIFEST MIGRATIONS SETTINGS TESTS)
    set(found "")
    foreach(path ${arg_${kind}})
      get_filename_component(path ${path} ABSOLUTE)
      if(NOT EXISTS ${path})
        message(FATAL_ERROR "stoa_add_plugin(${id}): ${kind}: there is no ${path}")
      endif()
      list(APPEND found ${path})
    endforeach()
    set(arg_${kind} ${found})
  endforeach()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${here}/*.hpp)
  list(FILTER headers EXCLUDE REGEX "^${here}/(tests|build[^/]*)/")
  foreach(source ${arg_SOURCES} ${headers})
    file(READ ${source} text)
    if(NOT text MATCHES "namespace stoa_plugin::${id}")
      message(FATAL_ERROR "${source}: a plugin's code lives in namespace stoa_plugin::${id}")
    endif()
  endforeach()

  set(name stoa_${id})
  set(folder ${CMAKE_BINARY_DIR}/${arg_INTO}/${id})
  add_library(${name}_code OBJECT ${arg_SOURCES})
  target_include_directories(${name}_code PUBLIC ${here})
  target_link_libraries(${name}_code PUBLIC Stoa::sdk ${arg_LIBRARIES})
  add_library(${name} SHARED)
  target_link_libraries(${name} PRIVATE ${name}_code)
  set_target_properties(${name}_code PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                        VISIBILITY_INLINES_HIDDEN ON)
  # The run path of the installed library from the start: installing must not change a byte, its hash is known by then.
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX PREFIX lib LIBRARY_OUTPUT_DIRECTORY ${folder}
                        BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN/../..")
  # What lies beside the library is made with it.
  set(migrations "")
  set(copies COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}/migrations)
  if(arg_MIGRATIONS)
    file(GLOB migrations CONFIGURE_DEPENDS ${arg_MIGRATIONS}/*.sql)
    list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy_directory ${arg_MIGRATIONS} ${folder}/migrations)
  endif()
  if(arg_SETTINGS)
    list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy ${arg_SETTINGS} ${folder}/settings.toml)
  endif()
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${arg_MANIFEST} ${migrations} ${arg_SETTINGS})
  add_custom_command(TARGET ${name} POST_BUILD
    ${copies}
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${arg_MANIFEST} -DLIBRARY=$<TARGET_FILE:${name}>
            -DFINGERPRINT=${STOA_GENERATED_DIR}/fingerprint.hpp -DAREAS=${STOA_GENERATED_DIR}/areas.hpp
            "-DSOURCES=${arg_SOURCES};${headers}" "-DSETTINGS=${arg_SETTINGS}" -DOUT=${folder}/plugin.toml
            -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/manifest.cmake
    VERBATIM)
  if(arg_INTO STREQUAL "plugins")
    set_property(GLOBAL APPEND PROPERTY STOA_PLUGINS ${name})
    # In Stoa's own tree CMake keeps files of its own in that folder.
    install(DIRECTORY ${folder} DESTINATION lib/stoa/plugins COMPONENT server USE_SOURCE_PERMISSIONS
            PATTERN CMakeFiles EXCLUDE PATTERN cmake_install.cmake EXCLUDE)
  endif()

  if(arg_TESTS)
    set(main ${CMAKE_CURRENT_BINARY_DIR}/${id}_tests_main.cpp)
    file(CONFIGURE OUTPUT ${main} CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
    add_executable(${id}_tests ${arg_TESTS} ${main})
    target_include_directories(${id}_tests PRIVATE ${here})
    target_link_libraries(${id}_tests PRIVATE ${name}_code Stoa::testing)
    target_compile_definitions(${id}_tests PRIVATE STOA_TEST_PLUGIN="${folder}")
    add_dependencies(${id}_tests ${name})
    add_test(NAME ${id} COMMAND ${id}_tests)
  endif()
endfunction()
