// The troubles of a plugin that is being brought into service or taken out of it.
#pragma once

#include <string>

namespace stoa_plugin::trouble {

/// Fails at a step of the life cycle where the fault is named after it: `throw_in_configure`.
void fail_at(const std::string& fault, const std::string& step);

}  // namespace stoa_plugin::trouble
