#include "home.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <stdexcept>

#include "testing/throwaway_database.hpp"

namespace stoa::testing {
namespace fs = std::filesystem;
namespace {

fs::path library() {
  void* handle = ::dlopen("libstoa_sdk.so", RTLD_LAZY | RTLD_NOLOAD);
  link_map* map = nullptr;
  if (!handle || ::dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map)
    throw std::runtime_error("this program does not use libstoa_sdk.so");
  return fs::canonical(map->l_name);
}

/// The first of these that exists, seen from the library's folder.
fs::path first_of(std::initializer_list<const char*> places) {
  const auto from = library().parent_path();
  for (const char* place : places)
    if (fs::exists(from / place)) return fs::canonical(from / place);
  throw std::runtime_error("nothing of " + std::string(*places.begin()) + " beside " + from.string() +
                           ": the installation is incomplete");
}

}  // namespace

// <prefix>/lib/stoa/libstoa_sdk.so, or <tree>/build/libstoa_sdk.so.
fs::path core_migrations() { return first_of({"../../share/stoa/migrations", "../migrations"}); }

fs::path server_program() {
  if (const char* named = std::getenv("STOA_TEST_SERVER"); named && *named) return named;
  return first_of({"../../bin/stoa", "stoa"});
}

}  // namespace stoa::testing
