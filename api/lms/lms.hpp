// What lms is, and its areas.
#pragma once

#include "api/dialect.hpp"

namespace stoa::lms {

/// Place, doors, envelopes, limits, settings and areas.
api::self_description describe();

/// Accounts and sessions.
void add_auth_routes(route_table& routes, const api::parts_ptr& parts);
/// Quizzes and their questions.
void add_quiz_routes(route_table& routes, const api::parts_ptr& parts);
/// Taking quizzes, and watching those who do.
void add_attempt_routes(route_table& routes, const api::parts_ptr& parts);
/// The second factor, and the list of one's sessions.
void add_security_routes(route_table& routes, const api::parts_ptr& parts);
/// Whether the server lives, and can serve.
void add_health_routes(route_table& routes, const api::parts_ptr& parts);
/// Courses, and an author's own.
void add_course_routes(route_table& routes, const api::parts_ptr& parts);
/// Lessons in one row: sections are not shown.
void add_lesson_routes(route_table& routes, const api::parts_ptr& parts);
/// One's own enrolments.
void add_enrollment_routes(route_table& routes, const api::parts_ptr& parts);

}  // namespace stoa::lms
