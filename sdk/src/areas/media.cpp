#include "stoa/areas/media.hpp"

namespace stoa {

bool valid_media_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 200 || name.back() == '/') return false;
  bool first = true;
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (c == '/' ? first : !(word || (c == '.' && !first))) return false;
    first = c == '/';
  }
  return true;
}

media_store::~media_store() = default;

}  // namespace stoa
