// What learnflow is, and its areas.
#pragma once

#include "api/dialect.hpp"

namespace stoa::learnflow {

/// Place, doors, envelopes, limits, settings and areas.
api::self_description describe();

/// Accounts and sessions.
void add_auth_routes(route_table& routes, const api::parts_ptr& parts);
/// The catalogue and a course.
void add_course_routes(route_table& routes, const api::parts_ptr& parts);
/// Reviews of courses.
void add_review_routes(route_table& routes, const api::parts_ptr& parts);
/// An author's own courses.
void add_authoring_routes(route_table& routes, const api::parts_ptr& parts);
/// The cart.
void add_cart_routes(route_table& routes, const api::parts_ptr& parts);
/// The wishlist.
void add_wishlist_routes(route_table& routes, const api::parts_ptr& parts);
/// Orders.
void add_order_routes(route_table& routes, const api::parts_ptr& parts);
/// One's own enrolments.
void add_enrollment_routes(route_table& routes, const api::parts_ptr& parts);
/// What one has learnt, and what to learn next.
void add_dashboard_routes(route_table& routes, const api::parts_ptr& parts);

}  // namespace stoa::learnflow
