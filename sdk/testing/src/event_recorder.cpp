#include "testing/event_recorder.hpp"

#include <algorithm>

namespace stoa::testing {
namespace {

std::vector<event> wanted(const std::vector<event>& events, const std::vector<std::string>& kinds) {
  std::vector<event> out;
  for (const auto& e : events)
    if (kinds.empty() || std::find(kinds.begin(), kinds.end(), e.kind) != kinds.end()) out.push_back(e);
  return out;
}

}  // namespace

result<done> event_recorder::deliver(const std::vector<event>& events) {
  for (const auto& s : host_.subscriptions) {
    const auto mine = wanted(events, s.kinds);
    if (mine.empty()) continue;
    auto handled = transact_now(
        db_, [&](connection& c) { return s.handle(c, mine); }, acts_as_system());
    if (!handled) return handled;
    if (s.committed) s.committed(mine);
  }
  for (const auto& o : host_.observers)
    for (const auto& e : wanted(events, o.kinds)) o.told(e);
  return done{};
}

std::vector<event> event_recorder::told() {
  std::vector<event> out;
  for (const auto& row :
       db_.look("select id, position, kind, user_id, entity, payload::text, at from outbox order by position, id")) {
    event e;
    e.id = row.as<event_id>(0);
    e.position = row.integer(1);
    e.kind = row.text(2);
    e.user = row.opt_as<user_id>(3);
    e.entity = row.as_uuid(4);
    e.payload = json::parse(row.text(5)).value();
    e.at = row.time(6);
    e.here = true;
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace stoa::testing
