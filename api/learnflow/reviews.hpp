// learnflow: reviews of courses.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// GET and POST /courses/{id}/reviews/, POST /courses/{id}/reviews/{review_id}/helpful/.
void add_review_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::learnflow
