#include "stoa/areas/workspaces.hpp"

namespace stoa {

workspace_provider::~workspace_provider() = default;

}  // namespace stoa
