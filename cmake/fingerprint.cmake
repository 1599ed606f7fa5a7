# The SDK's fingerprint: a plugin fits a server only if both were built from the same kernel headers, by the same compiler,
# with the same standard library layout. It is written to <build>/generated/stoa/fingerprint.hpp. The areas are not in it:
# each has a version and a hash of its own in <build>/generated/stoa/areas.hpp, and a plugin is held only to those it needs.
#
# Included, this file defines the target `stoa_fingerprint`, which writes the header again when an SDK header changes.
# As a script: cmake -DOUT=FILE [-DCOMPILER=g++] [-DFLAGS="..."] [-DSANITIZE=ON] -P cmake/fingerprint.cmake

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(STOA_FINGERPRINT_HEADER ${CMAKE_BINARY_DIR}/generated/stoa/fingerprint.hpp)
  set(STOA_AREAS_HEADER ${CMAKE_BINARY_DIR}/generated/stoa/areas.hpp)
  file(GLOB stoa_sdk_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sdk/stoa/*.hpp ${CMAKE_SOURCE_DIR}/sdk/stoa/areas/*.hpp)
  # The stamp is always touched, the header only when its text changes: what includes it is not rebuilt for nothing.
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/generated/fingerprint.stamp
    BYPRODUCTS ${STOA_FINGERPRINT_HEADER} ${STOA_AREAS_HEADER}
    COMMAND ${CMAKE_COMMAND} -DOUT=${STOA_FINGERPRINT_HEADER} -DCOMPILER=${CMAKE_CXX_COMPILER}
            "-DFLAGS=${CMAKE_CXX_FLAGS}" -DSANITIZE=${STOA_SANITIZE} -P ${CMAKE_CURRENT_LIST_FILE}
    COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/generated/fingerprint.stamp
    DEPENDS ${stoa_sdk_headers} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "SDK fingerprint" VERBATIM)
  add_custom_target(stoa_fingerprint DEPENDS ${CMAKE_BINARY_DIR}/generated/fingerprint.stamp)
  return()
endif()

cmake_minimum_required(VERSION 3.25)
set(sdk_version "1.0")
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
if(NOT OUT)
  message(FATAL_ERROR "fingerprint.cmake: -DOUT=FILE says where to write the header")
endif()
if(NOT COMPILER)
  set(COMPILER g++)
endif()
if(NOT SANITIZE)
  set(SANITIZE OFF)
endif()

# The preprocessor knows what the compiler is and how its standard library lays types out.
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND ${COMPILER} ${flags} -std=c++20 -dM -E -x c++ -include cstddef /dev/null
                OUTPUT_VARIABLE macros RESULT_VARIABLE failed ERROR_VARIABLE complaint)
if(failed)
  message(FATAL_ERROR "fingerprint.cmake: ${COMPILER} does not run: ${complaint}")
endif()
function(read_macro name variable)
  if(macros MATCHES "#define ${name} ([^\r\n]*)")
    set(${variable} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  elseif(macros MATCHES "#define ${name}[\r\n]")
    set(${variable} "1" PARENT_SCOPE)
  else()
    set(${variable} "0" PARENT_SCOPE)
  endif()
endfunction()
read_macro(__clang__ is_clang)
read_macro(__clang_major__ clang_major)
read_macro(__GNUC__ gnu_major)
read_macro(_LIBCPP_VERSION libcpp)
read_macro(_GLIBCXX_USE_CXX11_ABI dual_abi)
read_macro(_GLIBCXX_ASSERTIONS assertions)
read_macro(_GLIBCXX_DEBUG debug)
read_macro(__SIZEOF_POINTER__ pointer)
if(is_clang)
  set(compiler "Clang ${clang_major}")
else()
  set(compiler "GNU ${gnu_major}")
endif()

set(facts "sdk ${sdk_version}\ncompiler ${compiler}\nlibc++ ${libcpp}\ncxx11_abi ${dual_abi}\n")
string(APPEND facts "assertions ${assertions}\ndebug ${debug}\npointer ${pointer}\nsanitize ${SANITIZE}\n")
file(GLOB headers ${root}/sdk/stoa/*.hpp)
if(NOT headers)
  message(FATAL_ERROR "fingerprint.cmake: no headers in ${root}/sdk/stoa")
endif()
list(SORT headers)
foreach(header ${headers})
  file(SHA256 ${header} hash)
  get_filename_component(name ${header} NAME)
  string(APPEND facts "${name} ${hash}\n")
endforeach()
string(SHA256 fingerprint "${facts}")

set(text "// Written by cmake/fingerprint.cmake.
#pragma once

#define STOA_SDK_VERSION \"${sdk_version}\"
#define STOA_SDK_COMPILER \"${compiler}\"
#define STOA_SDK_FINGERPRINT \"${fingerprint}\"
")
function(write_if_changed file text)
  set(before "")
  if(EXISTS ${file})
    file(READ ${file} before)
  endif()
  if(NOT before STREQUAL text)
    file(WRITE ${file} "${text}")
  endif()
endfunction()
write_if_changed(${OUT} "${text}")

# An area's hash covers its header and those of the areas it includes, however far.
function(area_headers header known result)
  list(APPEND known ${header})
  file(STRINGS ${header} includes REGEX "^#include \"stoa/areas/")
  foreach(line ${includes})
    string(REGEX REPLACE "^#include \"stoa/areas/([a-z_]+)\\.hpp\".*" "\\1" other "${line}")
    set(file ${root}/sdk/stoa/areas/${other}.hpp)
    if(NOT file IN_LIST known)
      area_headers(${file} "${known}" known)
    endif()
  endforeach()
  set(${result} "${known}" PARENT_SCOPE)
endfunction()

file(GLOB area_files ${root}/sdk/stoa/areas/*.hpp)
list(SORT area_files)
set(rows "")
foreach(header ${area_files})
  get_filename_component(name ${header} NAME_WE)
  file(READ ${header} code)
  if(NOT code MATCHES "inline constexpr area ${name}{\"${name}\", ([0-9]+)}")
    message(FATAL_ERROR "fingerprint.cmake: ${header} does not say its version: inline constexpr area ${name}{\"${name}\", 1};")
  endif()
  set(version ${CMAKE_MATCH_1})
  area_headers(${header} "" all)
  list(SORT all)
  set(hashes "")
  foreach(file ${all})
    file(SHA256 ${file} hash)
    string(APPEND hashes "${hash}\n")
  endforeach()
  string(SHA256 hash "${hashes}")
  string(APPEND rows "    {\"${name}\", ${version}, \"${hash}\"},\n")
endforeach()
get_filename_component(folder ${OUT} DIRECTORY)
write_if_changed(${folder}/areas.hpp "// Written by cmake/fingerprint.cmake: the areas of this SDK, their versions and the hashes of their headers.
#pragma once

namespace stoa {

struct sdk_area {
  const char* name;
  int version;
  const char* hash;
};

inline constexpr sdk_area sdk_areas[] = {
${rows}};

}  // namespace stoa
")
