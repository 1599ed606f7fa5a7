// A learner's numbers, for everything that shows them.
#pragma once

#include "actors/dashboard/dashboard_rules.hpp"

namespace stoa::actors {

/// Counts what `who` has learnt by `now`; the courses come from snapshots where those are in memory.
task<dashboard_rules::numbers> learner_numbers(learner_ptr who, stoa::courses& courses, timestamp now);

}  // namespace stoa::actors
