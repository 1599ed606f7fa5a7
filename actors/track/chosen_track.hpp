// The track that somebody names when they register or change their profile.
#pragma once

#include <string>

#include "stoa/areas/tracks.hpp"

namespace stoa::actors {

/// The code of an open track as it is written; nothing stays nothing. UNKNOWN_TRACK (invalid, field `track`).
task<std::string> chosen_track(tracks& all, std::string code);

}  // namespace stoa::actors
