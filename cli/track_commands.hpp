// `stoa track`: what operators lead learners through. Works beside a running server, which reads tracks as they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/settings/settings.hpp"

namespace stoa::cli {

/// What of a track is said; the rest stays as it is, or at its default where the track is new.
struct track_words {
  std::string code;
  std::optional<std::string> title, description, price, currency;
  std::optional<int> position;
  std::optional<bool> open;
  std::optional<std::vector<std::string>> courses;  ///< slugs, ids or numbers, in the order in which they are taken
};

int list_tracks(const runtime::settings& s);
int show_track(const runtime::settings& s, const std::string& code);
int set_track(const runtime::settings& s, const track_words& said);
int remove_track(const runtime::settings& s, const std::string& code);

}  // namespace stoa::cli
