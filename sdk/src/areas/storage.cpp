#include "stoa/areas/storage.hpp"

namespace stoa {

local_folders::~local_folders() = default;

}  // namespace stoa
