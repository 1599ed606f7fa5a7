#include "stoa/offload.hpp"

namespace stoa {

offload::~offload() = default;

}  // namespace stoa
