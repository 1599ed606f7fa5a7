// Enrolments as handlers and plugins see them.
#pragma once

#include "actors/services.hpp"
#include "stoa/areas/enrollments.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of learner actors; it registers both in `s`.
void offer_enrollments(services& s);

}  // namespace stoa::actors
