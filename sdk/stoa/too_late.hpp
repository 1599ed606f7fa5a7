// What whoever waited in vain is told.
#pragma once

#include "stoa/fault.hpp"

namespace stoa {

/// The refusal of a question that was not answered within its time. What it asked for may take place all the same.
inline fault too_late() { return fault::unavailable("The service did not answer in time."); }

}  // namespace stoa
