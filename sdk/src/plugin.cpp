#include "stoa/plugin.hpp"

namespace stoa {

plugin_host::~plugin_host() = default;
hosted_entities::~hosted_entities() = default;
plugin::~plugin() = default;

}  // namespace stoa
