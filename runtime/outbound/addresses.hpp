// Which addresses calls may reach: the SDK's own answer, for plugins that connect by themselves ask it too.
#pragma once

#include "stoa/addresses.hpp"

namespace stoa::runtime {

using stoa::is_public;

}  // namespace stoa::runtime
