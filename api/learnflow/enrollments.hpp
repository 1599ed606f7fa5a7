// learnflow: enrolments and what is done in them.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// GET /enrollments/ and /enrollments/{id}/, POST /enrollments/{id}/mark-lesson-complete/ and /courses/{id}/enroll/.
void add_enrollment_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::learnflow
