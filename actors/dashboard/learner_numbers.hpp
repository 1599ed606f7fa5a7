// A learner's numbers, for everything that shows them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actors/dashboard/dashboard_rules.hpp"

namespace stoa::actors {

/// The days of whoever has this time zone in their profile.
dashboard_rules::calendar calendar_of(std::string zone);

/// The versions of courses that numbers were counted from.
using course_versions = std::vector<std::pair<course_id, std::int64_t>>;

/// Counts what `who` has learnt by `now`; the courses come from snapshots where those are in memory. `seen` gets what
/// it was counted from, and lives until the task has ended.
task<dashboard_rules::numbers> learner_numbers(learner_ptr who, stoa::courses& courses, std::string zone, timestamp now,
                                               course_versions* seen = nullptr);

/// Whether those courses are known to be what they were: otherwise the numbers may be others.
bool unchanged(const course_versions& seen, const stoa::courses& courses);

}  // namespace stoa::actors
