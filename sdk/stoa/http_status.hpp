// Statuses of HTTP by kinds of faults.
#pragma once

#include "stoa/fault.hpp"

namespace stoa {

/// The status that a fault has where its dialect documents no other.
int usual_status(fault_kind kind) noexcept;

}  // namespace stoa
