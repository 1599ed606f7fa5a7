// A crowd for measuring: learners with ten courses each and what they did in them, made by the database itself.
#pragma once

#include <cstdint>
#include <string>

#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::demo {

inline constexpr int crowd = 20'000;
inline constexpr int courses_of_each = 10;

/// Adds those that are missing, up to `people`: 200,000 enrolments in free courses and at least 2,000,000 finished
/// lessons for all of the crowd, none of it after `day`. Their addresses are `scale.1@example.com` and so on. How many
/// people were added. Faults: DEMO_CONFLICT where one of the addresses is somebody else's, or where there are too few
/// free courses.
task<int> add_crowd(database& db, date day, std::string hash, logger& log, int people = crowd);

}  // namespace stoa::demo
