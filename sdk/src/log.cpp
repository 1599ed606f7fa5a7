#include "stoa/log.hpp"

namespace stoa {

logger::~logger() = default;

}  // namespace stoa
