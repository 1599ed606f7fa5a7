// What bytes look like, as libmagic sees it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace stoa_plugin::files {

/// How many bytes of a file's beginning are looked at.
inline constexpr std::size_t sniffed_bytes = 256 * 1024;

/// Looks at bytes and never at files. One look at a time; a look takes milliseconds. Thread-safe.
class sniffer {
 public:
  /// Reads libmagic's database; throws std::runtime_error where there is none.
  sniffer();
  ~sniffer();
  sniffer(const sniffer&) = delete;
  sniffer& operator=(const sniffer&) = delete;

  /// A MIME type without parameters, in lower case; application/octet-stream for what nobody knows.
  std::string type_of(std::string_view bytes);

 private:
  struct cookie;
  std::mutex mutex_;
  std::unique_ptr<cookie> magic_;
};

}  // namespace stoa_plugin::files
