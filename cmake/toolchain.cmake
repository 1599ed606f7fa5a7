# Flags every target shares.
add_library(stoa_flags INTERFACE)
target_compile_options(stoa_flags INTERFACE -Wall -Wextra -Werror -fno-plt)
target_compile_definitions(stoa_flags INTERFACE BOOST_ALLOW_DEPRECATED_HEADERS)

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers and ccache agree only with these; they are wanted when it compiles, not when CMake runs.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(STOA_SANITIZE)
  add_compile_options(-Wno-maybe-uninitialized)  # GCC 12 sees ghosts in <regex> under the sanitizers
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=address,undefined)
endif()

# RESTinio over Boost.Asio instead of the standalone one; seen by api/http alone.
add_library(restinio_asio INTERFACE)
target_compile_definitions(restinio_asio INTERFACE RESTINIO_USE_BOOST_ASIO=static)
target_link_libraries(restinio_asio INTERFACE fmt http_parser Threads::Threads)
