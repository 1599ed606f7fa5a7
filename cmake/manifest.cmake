# Writes a built plugin's manifest: its hand-written plugin.toml, headed by what only the build knows.
# cmake -DMANIFEST=plugin.toml -DLIBRARY=plugin.so -DFINGERPRINT=fingerprint.hpp -DAREAS=areas.hpp -DOUT=FILE -P cmake/manifest.cmake

foreach(input MANIFEST LIBRARY FINGERPRINT AREAS OUT)
  if(NOT ${input})
    message(FATAL_ERROR "manifest.cmake: -D${input}=... is missing")
  endif()
endforeach()
foreach(input MANIFEST LIBRARY FINGERPRINT AREAS)
  if(NOT EXISTS ${${input}})
    message(FATAL_ERROR "manifest.cmake: there is no ${${input}}")
  endif()
endforeach()

file(READ ${MANIFEST} manifest)
foreach(key library sha256 fingerprint compiler)
  if("\n${manifest}" MATCHES "\n[ \t]*${key}[ \t]*=")
    message(FATAL_ERROR "${MANIFEST}: ${key} is written by the build")
  endif()
endforeach()
foreach(key id name version sdk license)
  if(NOT "\n${manifest}" MATCHES "\n[ \t]*${key}[ \t]*=")
    message(FATAL_ERROR "${MANIFEST}: ${key} is missing")
  endif()
endforeach()

file(READ ${FINGERPRINT} header)
foreach(name FINGERPRINT COMPILER)
  if(NOT header MATCHES "#define STOA_SDK_${name} \"([^\"]+)\"")
    message(FATAL_ERROR "${FINGERPRINT}: STOA_SDK_${name} is missing")
  endif()
  set(sdk_${name} "${CMAKE_MATCH_1}")
endforeach()
# The areas it needs, each with the hash of the headers it was built from.
set(areas "")
file(READ ${AREAS} known_areas)
if("\n${manifest}" MATCHES "\n[ \t]*needs[ \t]*=[ \t]*\\[([^]]*)\\]")
  string(REGEX MATCHALL "\"[^\"]*\"" needs "${CMAKE_MATCH_1}")
  foreach(need ${needs})
    string(REPLACE "\"" "" need "${need}")
    if(NOT need MATCHES "^([a-z_]+)/([0-9]+)$")
      message(FATAL_ERROR "${MANIFEST}: needs: expected an area and its version such as \"orders/1\", found \"${need}\"")
    endif()
    set(name ${CMAKE_MATCH_1})
    if(NOT known_areas MATCHES "{\"${name}\", ${CMAKE_MATCH_2}, \"([0-9a-f]+)\"}")
      message(FATAL_ERROR "${MANIFEST}: needs: this SDK has no area ${need}")
    endif()
    string(APPEND areas "${name} = \"${CMAKE_MATCH_1}\"\n")
  endforeach()
endif()
file(SHA256 ${LIBRARY} hash)
get_filename_component(library ${LIBRARY} NAME)

# At the head: behind a table's header the keys would belong to that table.
file(WRITE ${OUT} "library = \"${library}\"
sha256 = \"${hash}\"
fingerprint = \"${sdk_FINGERPRINT}\"
compiler = \"${sdk_COMPILER}\"

${manifest}
[areas]
${areas}")
