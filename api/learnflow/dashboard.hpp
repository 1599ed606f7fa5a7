// learnflow: the dashboard.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// GET /dashboard/stats/, /dashboard/continue-learning/ and /dashboard/recommendations/, PUT /dashboard/goals/.
void add_dashboard_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::learnflow
