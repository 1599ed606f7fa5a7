// The facades that have nothing to show but their area's interface: each is made here, finds its entities' directories
// a place in `s` and offers itself in `s.areas`.
#pragma once

#include "actors/services.hpp"

namespace stoa::actors {

void offer_carts(services& s);
void offer_wishlists(services& s);
void offer_enrollments(services& s);
void offer_quizzes(services& s);
void offer_tracks(services& s);
/// What was before, for whoever keeps numbers.
void offer_history(services& s);

}  // namespace stoa::actors
