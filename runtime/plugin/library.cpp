#include "runtime/plugin/library.hpp"

#include <link.h>

#define BOOST_DLL_USE_STD_FS
#include <algorithm>
#include <array>
#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
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
    // By its real name: names of one file are one library to the loader, by the first of them, and a plugin looks
    // beside itself for what it brings along.
    const auto real = std::filesystem::canonical(m.library_path());
    library.load(real, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
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

namespace {

/// The memory that the loader gave to one library.
struct image {
  struct part {
    std::uintptr_t begin = 0, end = 0;
    bool written = false;  // data, among it what the loader has put addresses into
  };
  std::uintptr_t wanted = 0;
  std::vector<part> parts;

  bool has_text(const char* text) const {
    const auto at = reinterpret_cast<std::uintptr_t>(text);
    return std::any_of(parts.begin(), parts.end(), [&](const part& p) {
      return at >= p.begin && at < p.end && std::memchr(text, 0, p.end - at) != nullptr;
    });
  }
};

/// Fills in the image in which `wanted` lies.
int find_image(dl_phdr_info* info, std::size_t, void* out) {
  auto& found = *static_cast<image*>(out);
  image here;
  bool mine = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& s = info->dlpi_phdr[i];
    if (s.p_type != PT_LOAD || (s.p_flags & PF_R) == 0) continue;
    const std::uintptr_t begin = info->dlpi_addr + s.p_vaddr;
    here.parts.push_back({begin, begin + s.p_memsz, (s.p_flags & PF_W) != 0});
    mine = mine || (found.wanted >= begin && found.wanted < begin + s.p_memsz);
  }
  if (!mine) return 0;
  found.parts = std::move(here.parts);
  return 1;
}

/// Between a library's own constants lies what the address sanitizer guards: this reads all of its memory.
[[gnu::no_sanitize("address")]] statement copied_from(std::uintptr_t at) {
  // Word by word: the sanitizer looks into every memcpy, whoever calls it.
  std::array<std::uintptr_t, sizeof(statement) / sizeof(std::uintptr_t)> words{};
  static_assert(sizeof words == sizeof(statement) && alignof(statement) >= alignof(std::uintptr_t));
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = reinterpret_cast<const volatile std::uintptr_t*>(at)[i];  // NOLINT
  statement s{};
  std::memcpy(static_cast<void*>(&s), words.data(), sizeof s);
  return s;
}

}  // namespace

std::vector<statement> statements_of(const plugin_entry& entry) {
  image of;
  of.wanted = reinterpret_cast<std::uintptr_t>(entry.facts);
  ::dl_iterate_phdr(find_image, &of);
  std::vector<statement> all;
  for (const auto& p : of.parts) {
    if (!p.written) continue;
    constexpr auto step = alignof(statement);
    for (auto at = (p.begin + step - 1) / step * step; at + sizeof(statement) <= p.end; at += step) {
      const auto s = copied_from(at);
      if (s.mark == statement::marked && of.has_text(s.name) && of.has_text(s.sql)) all.push_back(s);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const statement& a, const statement& b) { return std::string_view(a.name) < std::string_view(b.name); });
  return all;
}

}  // namespace stoa::runtime
