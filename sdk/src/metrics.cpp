#include "stoa/metrics.hpp"

namespace stoa {

counter::~counter() = default;
gauge::~gauge() = default;
histogram::~histogram() = default;
metrics::~metrics() = default;

}  // namespace stoa
