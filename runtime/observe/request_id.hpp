// The name under which a request appears in answers, logs and traces.
#pragma once

#include <string>
#include <string_view>

namespace stoa::runtime {

/// 1 to 128 characters of `A-Za-z0-9._-`: what can stand in any log or header as it is.
bool valid_request_id(std::string_view text) noexcept;

/// The client's id where it is valid, otherwise a new one.
std::string request_id_or_new(std::string_view given);

}  // namespace stoa::runtime
