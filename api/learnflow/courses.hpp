// learnflow: finding courses.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// GET /courses/ and /courses/{id}/, where the id may be the slug.
void add_course_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::learnflow
