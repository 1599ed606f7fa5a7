// Time zones by their names.
#pragma once

#include <string_view>

#include "stoa/time.hpp"

namespace stoa::runtime {

/// How far a zone (`Europe/Berlin`) is ahead of UTC at that time; nothing for a name that nobody knows, and for none.
seconds zone_offset(std::string_view zone, timestamp at);

}  // namespace stoa::runtime
