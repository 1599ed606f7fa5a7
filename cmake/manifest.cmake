# Writes a built plugin's manifest: its hand-written plugin.toml, headed by what only the build knows.
# cmake -DMANIFEST=plugin.toml -DLIBRARY=plugin.so -DFINGERPRINT=fingerprint.hpp -DAREAS=areas.hpp -DOUT=FILE
#       [-DSOURCES="a.cpp;b.hpp"] [-DSETTINGS=settings.toml] -P cmake/manifest.cmake
#
# The areas it needs are those whose headers the sources include. A `needs` in the hand-written file says which versions
# the author means, and is then held to the sources and to this SDK.

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
file(READ ${AREAS} known_areas)
set(included "")
set(code "")
foreach(source ${SOURCES})
  file(READ ${source} text)
  string(APPEND code "${text}")
  string(REGEX MATCHALL "#include [\"<]stoa/areas/[a-z_]+" lines "${text}")
  foreach(line ${lines})
    string(REGEX REPLACE ".*/" "" name "${line}")
    list(APPEND included ${name})
  endforeach()
endforeach()
list(REMOVE_DUPLICATES included)
list(SORT included)

set(needed "")
set(written_needs "")
if("\n${manifest}" MATCHES "\n[ \t]*needs[ \t]*=[ \t]*\\[([^]]*)\\]")
  string(REGEX MATCHALL "\"[^\"]*\"" needs "${CMAKE_MATCH_1}")
  foreach(need ${needs})
    string(REPLACE "\"" "" need "${need}")
    list(APPEND needed ${need})
  endforeach()
  foreach(name ${included})
    if(NOT ";${needed};" MATCHES ";${name}/[0-9]+;")
      message(FATAL_ERROR "${MANIFEST}: the sources include the area ${name}, which is not among the `needs`")
    endif()
  endforeach()
else()
  set(list "")
  foreach(name ${included})
    if(NOT known_areas MATCHES "{\"${name}\", ([0-9]+),")
      message(FATAL_ERROR "${MANIFEST}: this SDK has no area ${name}")
    endif()
    list(APPEND needed ${name}/${CMAKE_MATCH_1})
    list(APPEND list "\"${name}/${CMAKE_MATCH_1}\"")
  endforeach()
  string(REPLACE ";" ", " list "${list}")
  set(written_needs "needs = [${list}]\n")
endif()

# Each with the hash of the headers it was built from.
set(areas "")
foreach(need ${needed})
  if(NOT need MATCHES "^([a-z_]+)/([0-9]+)$")
    message(FATAL_ERROR "${MANIFEST}: needs: expected an area and its version such as \"orders/1\", found \"${need}\"")
  endif()
  set(name ${CMAKE_MATCH_1})
  if(NOT known_areas MATCHES "{\"${name}\", ${CMAKE_MATCH_2}, \"([0-9a-f]+)\"}")
    message(FATAL_ERROR "${MANIFEST}: needs: this SDK has no area ${need}")
  endif()
  string(APPEND areas "${name} = \"${CMAKE_MATCH_1}\"\n")
endforeach()

# A key that operators are shown, and that the plugin does not know.
if(SETTINGS)
  file(STRINGS ${SETTINGS} lines REGEX "^#?[a-z_]+ *=")
  foreach(line ${lines})
    string(REGEX REPLACE "^#?([a-z_]+) *=.*" "\\1" key "${line}")
    if(NOT code MATCHES "\"${key}\"")
      message(FATAL_ERROR "${SETTINGS}: no source of the plugin knows the setting ${key}")
    endif()
  endforeach()
endif()

file(SHA256 ${LIBRARY} hash)
get_filename_component(library ${LIBRARY} NAME)

# At the head: behind a table's header the keys would belong to that table.
file(WRITE ${OUT} "library = \"${library}\"
sha256 = \"${hash}\"
fingerprint = \"${sdk_FINGERPRINT}\"
compiler = \"${sdk_COMPILER}\"
${written_needs}
${manifest}
[areas]
${areas}")
