// Origins of web pages, as browsers write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoa::runtime {

/// The form in which a browser sends an origin: scheme and host in small letters, the port only where it is not the
/// scheme's own. nullopt for a text that no browser would ever send: another scheme, a path, a name outside ASCII.
std::optional<std::string> canonical_origin(std::string_view text);

}  // namespace stoa::runtime
