// Opens a plugin's library and finds its entry. The only file that loads code.
#pragma once

#include "runtime/plugin/manifest.hpp"
#include "stoa/plugin.hpp"

namespace stoa::runtime {

/// Opens the library of a verified manifest; it stays mapped until the process ends, since messages, vtables and
/// exceptions of the plugin may be anywhere by then. Throws plugin_error, step `open`.
const plugin_entry& open_library(const manifest& m);

}  // namespace stoa::runtime
