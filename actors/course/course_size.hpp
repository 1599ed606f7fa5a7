// How much a course is, and whether a change is one: pure functions.
#pragma once

#include <cstdint>

#include "stoa/areas/courses.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::course_rules {

/// The bytes of all its texts, sections and lessons.
std::int64_t bytes_of(const course& c);

/// COURSE_TOO_LARGE where a change leads beyond `most` bytes; one that makes a large course smaller is welcome.
result<done> fits(const course& before, const course& after, std::int64_t most);

/// Whether both say the same, apart from when they were changed.
bool same(const course& a, const course& b);

}  // namespace stoa::actors::course_rules
