#include "runtime/observe/request_id.hpp"

#include <algorithm>

#include "stoa/ids.hpp"

namespace stoa::runtime {

bool valid_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string request_id_or_new(std::string_view given) {
  return valid_request_id(given) ? std::string{given} : uuid::make_v7().str();
}

}  // namespace stoa::runtime
