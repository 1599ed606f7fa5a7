#include "runtime/plugin/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <mutex>
#include <vector>

#include "runtime/plugin/elf.hpp"

namespace stoa::runtime {

namespace {

/// What was opened, for good: the vector is never destroyed.
void keep(boost::dll::shared_library library) {
  static std::mutex mutex;
  static auto* const opened = new std::vector<boost::dll::shared_library>;
  const std::lock_guard lock{mutex};
  opened->push_back(std::move(library));
}

std::string shown(const char* text) { return text ? text : "nothing"; }

}  // namespace

const plugin_entry& open_library(const manifest& m) {
  const auto refuse = [&](const std::string& what, const std::string& fix) {
    throw plugin_error(m.subject(), "open", what, fix);
  };
  boost::dll::shared_library library;
  try {
    library.load(m.library_path(), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& e) {
    refuse("expected a library that this server can load, found " + std::string(e.what()),
           "Build it again against this server's SDK, and install the libraries it needs.");
  }
  if (!library.has("stoa_plugin_entry"))
    refuse("expected the function stoa_plugin_entry, found none", "Use STOA_PLUGIN in one of the plugin's sources.");
  const auto get = library.get<const plugin_entry*()>("stoa_plugin_entry");
  keep(std::move(library));
  const plugin_entry* entry = get();
  if (!entry || entry->size < sizeof(plugin_entry) || !entry->create || !entry->destroy)
    refuse("expected an entry of at least " + std::to_string(sizeof(plugin_entry)) + " bytes, found " +
               (entry ? std::to_string(entry->size) : std::string("none")),
           "Build it again against this server's SDK.");
  const auto differ = facts_that_differ(STOA_BUILD_FACTS, shown(entry->facts));
  if (!differ.empty())
    refuse("expected a library built as this server is: " + differ,
           "Build it again with this server's compiler and flags, as stoa_add_plugin does.");
  const auto agree = [&](const char* what, const std::string& expected, const char* found) {
    if (expected != shown(found))
      refuse("expected the library's " + std::string(what) + " to be " + expected + " as in plugin.toml, found " +
                 shown(found),
             "Manifest and library are of different builds: install the plugin again.");
  };
  agree("fingerprint", m.fingerprint, entry->fingerprint);
  agree("id", m.id, entry->id);
  agree("version", m.version, entry->version);
  return *entry;
}

}  // namespace stoa::runtime
