#include "stoa/plugin.hpp"

namespace stoa {

plugin_host::~plugin_host() = default;
plugin::~plugin() = default;

}  // namespace stoa
