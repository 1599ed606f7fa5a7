// Texts inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace stoa {

/// The text as it stands in an element or in a quoted attribute.
std::string escape_html(std::string_view text);

}  // namespace stoa
