# stoa_add_plugin(ID payments [LIBRARIES libs...] [INTO plugins]): builds the folder's plugin into <build>/plugins/<ID>/ with
# its manifest and migrations beside the library. INTO names another folder, for plugins that are not the server's. The plugin's code must live in namespace stoa_plugin::<ID>: two libraries with types of
# the same name would corrupt each other, so a source that says otherwise does not configure.
function(stoa_add_plugin)
  cmake_parse_arguments(arg "" "ID;INTO" "LIBRARIES" ${ARGN})
  if(NOT arg_INTO)
    set(arg_INTO plugins)
  endif()
  set(name stoa_${arg_ID})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  file(READ ${CMAKE_CURRENT_SOURCE_DIR}/plugin.toml manifest)
  foreach(source ${sources} ${headers})
    file(READ ${source} text)
    string(REGEX MATCHALL "#include \"stoa/areas/[a-z_]+" areas "${text}")
    foreach(line ${areas})
      string(REPLACE "#include \"stoa/areas/" "" area "${line}")
      if(NOT manifest MATCHES "needs[ \t]*=[^]]*\"${area}/[0-9]+\"")
        message(FATAL_ERROR "${source} includes the area ${area}, which is not among the `needs` of plugin.toml")
      endif()
    endforeach()
    if(NOT text MATCHES "namespace stoa_plugin::${arg_ID}")
      message(FATAL_ERROR "${source}: a plugin's code lives in namespace stoa_plugin::${arg_ID}")
    endif()
  endforeach()
  set(folder ${CMAKE_BINARY_DIR}/${arg_INTO}/${arg_ID})
  add_library(${name} SHARED ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE stoa_flags stoa_sdk ${arg_LIBRARIES})
  # The manifest and the migrations beside the library are made with it.
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/plugin.toml ${migrations})
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                        LIBRARY_OUTPUT_DIRECTORY ${folder})
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}/migrations
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/migrations ${folder}/migrations
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_CURRENT_SOURCE_DIR}/plugin.toml -DLIBRARY=$<TARGET_FILE:${name}>
            -DFINGERPRINT=${CMAKE_BINARY_DIR}/generated/stoa/fingerprint.hpp
            -DAREAS=${CMAKE_BINARY_DIR}/generated/stoa/areas.hpp -DOUT=${folder}/plugin.toml
            -P ${CMAKE_SOURCE_DIR}/cmake/manifest.cmake
    VERBATIM)
  if(arg_INTO STREQUAL "plugins")
    set_property(GLOBAL APPEND PROPERTY STOA_PLUGINS ${name})
  endif()
endfunction()
