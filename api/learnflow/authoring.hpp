// learnflow: how an instructor builds a course.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// POST /courses/; PUT, PATCH /courses/{id}/; POST /courses/{id}/publish/, /unpublish/, /sections/; POST
/// /sections/{id}/lessons/; PATCH and DELETE /sections/{id}/ and /lessons/{id}/.
void add_authoring_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::learnflow
