#include "sniffer.hpp"

#include <magic.h>

#include <algorithm>
#include <stdexcept>

#include "stoa/text.hpp"

namespace stoa_plugin::files {

namespace {
constexpr std::string_view unknown = "application/octet-stream";
}

struct sniffer::cookie {
  // Nothing is unpacked: an archive's type is enough.
  const magic_t it = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TOKENS);
  ~cookie() {
    if (it) magic_close(it);
  }
};

sniffer::sniffer() : magic_(std::make_unique<cookie>()) {
  if (!magic_->it || magic_load(magic_->it, nullptr) != 0)
    throw std::runtime_error(std::string("libmagic: ") + (magic_->it ? magic_error(magic_->it) : "no memory"));
}

sniffer::~sniffer() = default;

std::string sniffer::type_of(std::string_view bytes) {
  const std::lock_guard hold{mutex_};
  const auto* found = magic_buffer(magic_->it, bytes.data(), std::min(bytes.size(), sniffed_bytes));
  const auto type = stoa::ascii_lower(found ? found : "");
  if (type.find('/') != type.npos && type != unknown) return type;
  // It does not judge a text of a letter or two.
  const bool text = bytes.size() < 16 && stoa::valid_utf8(bytes) && !stoa::has_control(bytes, true);
  return std::string(text ? "text/plain" : unknown);
}

}  // namespace stoa_plugin::files
