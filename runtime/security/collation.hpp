// The order in which people expect to find names and titles.
#pragma once

#include <string>
#include <string_view>

namespace stoa::runtime {

/// Keys whose bytes are ordered like the texts: by the root collation, accents after letters (`Ecole`, `École`), case
/// not at all. Texts that differ in case alone have one key.
std::string collation_key(std::string_view text);

/// Texts that differ in case and accents alone have one key: `École` and `ecole`, but not `C`, `C++` and `C#`.
std::string identity_key(std::string_view text);

}  // namespace stoa::runtime
