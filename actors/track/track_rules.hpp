// What a track may be: pure.
#pragma once

#include "stoa/areas/tracks.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::track_rules {

/// The track as it is kept (texts trimmed, currency in lower case); the refusal (invalid) names all that is wrong with
/// it.
result<track> admit(track t);

/// UNKNOWN_TRACK (invalid, field `track`): nobody can choose it.
fault unknown_track();

}  // namespace stoa::actors::track_rules
