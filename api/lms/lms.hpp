// What lms is, and its areas.
#pragma once

#include "api/dialect.hpp"

namespace stoa::lms {

/// Place, doors, envelopes, limits, settings and areas.
api::self_description describe();

/// Accounts and sessions.
void add_auth_routes(route_table& routes, const api::parts_ptr& parts);
/// Whether the server lives, and can serve.
void add_health_routes(route_table& routes, const api::parts_ptr& parts);
/// Courses, and an author's own.
void add_course_routes(route_table& routes, const api::parts_ptr& parts);
/// Lessons in one row: sections are not shown.
void add_lesson_routes(route_table& routes, const api::parts_ptr& parts);
/// One's own enrolments.
void add_enrollment_routes(route_table& routes, const api::parts_ptr& parts);

}  // namespace stoa::lms
