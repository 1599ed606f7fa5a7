// The troubles of a plugin that is being brought into service or taken out of it.
#pragma once

#include <string>

#include "stoa/plugin.hpp"

namespace stoa_plugin::trouble {

/// At the step that the fault is named after throws (`throw_in_configure`), throws something that is no exception
/// (`throw_number_in_...`), follows a null pointer (`crash_in_...`), or blocks for half a minute (`block_in_...`).
void fail_at(const std::string& fault, const std::string& step);

/// Declares what goes wrong only where the fault says so: routes and names that are another's, a subscription that
/// follows a null pointer.
void wire_load_faults(stoa::plugin_host& host, const std::string& fault);

}  // namespace stoa_plugin::trouble
