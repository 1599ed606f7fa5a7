#include "stoa/areas/identity.hpp"

namespace stoa {

identity_broker::~identity_broker() = default;

}  // namespace stoa
