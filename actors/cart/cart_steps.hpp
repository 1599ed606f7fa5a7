// Taking courses out of a cart as a step of somebody else's transaction.
#pragma once

#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa::actors::cart_steps {

/// Takes those of the courses that are in the owner's cart out of it and raises its version. Inside the caller's
/// transaction, which acts as `owner`; once it has committed the caller has the cart reloaded.
void take_within(connection& db, user_id owner, const std::vector<course_id>& courses, timestamp now);

}  // namespace stoa::actors::cart_steps
