// Courses as handlers and plugins see them.
#pragma once

#include <memory>

#include "actors/services.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/events.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of course actors; it registers both in `s`.
std::unique_ptr<stoa::courses> make_courses(services& s);

/// Counts students from `enrollment.created` events, in batches and exactly once; then the loaded courses and the
/// catalogue are told. Needs the facade that make_courses has put into `s`.
subscription course_numbers_subscription(services& s);

/// An instructor with many courses has each of them show the sum of their students: told at intervals, since every
/// enrolment changes it. Call it every few seconds.
void refresh_instructor_numbers(services& s);

/// Courses that show a person's name read it again when the person changes it (`user.updated`).
subscription course_people_subscription(services& s);

}  // namespace stoa::actors
