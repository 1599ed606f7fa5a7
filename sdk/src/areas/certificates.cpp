#include "stoa/areas/certificates.hpp"

#include <algorithm>

namespace stoa {

certificates::~certificates() = default;

const held_certificate* held_certificates::find(enrollment_id enrollment) const {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const held_certificate& c) { return c.enrollment == enrollment; });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace stoa
