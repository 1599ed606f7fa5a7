// Opens a plugin's library and finds its entry. The only file that loads code.
#pragma once

#include <vector>

#include "runtime/plugin/manifest.hpp"
#include "stoa/db.hpp"
#include "stoa/plugin.hpp"

namespace stoa::runtime {

/// Opens the library of a verified manifest; it stays mapped until the process ends, since messages, vtables and
/// exceptions of the plugin may be anywhere by then. Throws plugin_error, step `open`.
const plugin_entry& open_library(const manifest& m);

/// The statements that lie in the library of an entry: constants that its code refers to, found by their mark. By name.
std::vector<statement> statements_of(const plugin_entry& entry);

}  // namespace stoa::runtime
