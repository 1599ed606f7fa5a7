// What classic is, and its areas.
#pragma once

#include "api/dialect.hpp"

namespace stoa::classic {

/// Place, doors, envelopes, limits, settings and areas.
api::self_description describe();

/// Accounts and sessions.
void add_auth_routes(route_table& routes, const api::parts_ptr& parts);
/// Courses, in every status for those who write them.
void add_course_routes(route_table& routes, const api::parts_ptr& parts);
/// Lessons in one row: sections are not shown.
void add_lesson_routes(route_table& routes, const api::parts_ptr& parts);
/// One's own enrolments, and how one stands with each lesson.
void add_learning_routes(route_table& routes, const api::parts_ptr& parts);

}  // namespace stoa::classic
