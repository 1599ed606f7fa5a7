// What a library was really built with: written by its own compiler, from the macros that the compiler defines, so that
// it is true whatever a build script says. Types of the standard library and of the SDK have one layout on both sides
// of the boundary only where these are equal.
#pragma once

#include <cstddef>  // brings the standard library's own macros

#include "stoa/fingerprint.hpp"

#define STOA_FACT_TEXT_OF(x) #x
#define STOA_FACT_TEXT(x) STOA_FACT_TEXT_OF(x)

#if defined(__clang__)
#define STOA_FACT_COMPILER "Clang " STOA_FACT_TEXT(__clang_major__)
#elif defined(__GNUC__)
#define STOA_FACT_COMPILER "GNU " STOA_FACT_TEXT(__GNUC__)
#else
#define STOA_FACT_COMPILER "unknown"
#endif

#if defined(_LIBCPP_VERSION)
#define STOA_FACT_LIBRARY "libc++ " STOA_FACT_TEXT(_LIBCPP_VERSION)
#elif defined(_GLIBCXX_RELEASE)
#define STOA_FACT_LIBRARY "libstdc++ " STOA_FACT_TEXT(_GLIBCXX_RELEASE)
#else
#define STOA_FACT_LIBRARY "unknown"
#endif

#if defined(_GLIBCXX_USE_CXX11_ABI)
#define STOA_FACT_STRINGS STOA_FACT_TEXT(_GLIBCXX_USE_CXX11_ABI)
#else
#define STOA_FACT_STRINGS "none"
#endif

#if defined(_GLIBCXX_DEBUG)
#define STOA_FACT_DEBUG "on"
#else
#define STOA_FACT_DEBUG "off"
#endif

#if defined(_GLIBCXX_ASSERTIONS)
#define STOA_FACT_ASSERTIONS "on"
#else
#define STOA_FACT_ASSERTIONS "off"
#endif

#if defined(__has_feature)
#define STOA_FACT_FEATURE(x) __has_feature(x)
#else
#define STOA_FACT_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || STOA_FACT_FEATURE(address_sanitizer)
#define STOA_FACT_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__) || STOA_FACT_FEATURE(thread_sanitizer)
#define STOA_FACT_SANITIZER "thread"
#else
#define STOA_FACT_SANITIZER "none"
#endif

#if defined(__cpp_exceptions)
#define STOA_FACT_EXCEPTIONS "on"
#else
#define STOA_FACT_EXCEPTIONS "off"
#endif

#if defined(__cpp_rtti)
#define STOA_FACT_RTTI "on"
#else
#define STOA_FACT_RTTI "off"
#endif

/// A line per fact, `name: value`. STOA_PLUGIN puts it into the library's section `.stoa_facts`, where the host reads
/// it from the file before any code of the library runs, and into the entry.
#define STOA_BUILD_FACTS \
  "sdk: " STOA_SDK_VERSION                    \
  "\n"                                        \
  "compiler: " STOA_FACT_COMPILER             \
  "\n"                                        \
  "standard library: " STOA_FACT_LIBRARY      \
  "\n"                                        \
  "_GLIBCXX_USE_CXX11_ABI: " STOA_FACT_STRINGS \
  "\n"                                        \
  "_GLIBCXX_DEBUG: " STOA_FACT_DEBUG          \
  "\n"                                        \
  "_GLIBCXX_ASSERTIONS: " STOA_FACT_ASSERTIONS \
  "\n"                                        \
  "sanitizer: " STOA_FACT_SANITIZER           \
  "\n"                                        \
  "exceptions: " STOA_FACT_EXCEPTIONS         \
  "\n"                                        \
  "rtti: " STOA_FACT_RTTI                     \
  "\n"                                        \
  "abi of the compiler: " STOA_FACT_TEXT(__GXX_ABI_VERSION) \
  "\n"                                        \
  "bytes of a pointer: " STOA_FACT_TEXT(__SIZEOF_POINTER__) "\n"
