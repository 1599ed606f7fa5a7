#include "actors/track/chosen_track.hpp"

#include "actors/track/track_rules.hpp"

namespace stoa::actors {

task<std::string> chosen_track(tracks& all, std::string code) {
  if (code.empty()) co_return code;
  const auto found = co_await as_result(all.get(std::move(code)));
  if (!found && found.refusal().kind != fault_kind::not_found) co_return found.refusal();
  if (!found || !found->open) co_return track_rules::unknown_track();
  co_return found->code;
}

}  // namespace stoa::actors
