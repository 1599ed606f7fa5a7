// A learner's tally of finished lessons, which starts over after a rest: an entity, and all that decides about it.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/entities.hpp"

namespace stoa_plugin::trial {

using namespace stoa;  // NOLINT: the plugin's own source

struct tally {
  user_id who;
  std::vector<lesson_id> lessons;
  std::optional<timestamp> rests_at;
  std::int64_t version = 0;
};

/// Somebody finished a lesson; without a further one the tally rests at `rests_at`. Twice the same is once.
struct count_lesson {
  lesson_id lesson;
  timestamp rests_at;
  using reply = std::int64_t;  ///< how many there are now
};
BOOST_DESCRIBE_STRUCT(count_lesson, (), (lesson, rests_at))

/// What its alarm tells it.
struct start_over {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(start_over, (), ())

struct tally_kind {
  static constexpr const char* name = "tally";
  using key = user_id;
  using state = tally;
  using commands = command_list<count_lesson, start_over>;
};

// -- rules: pure, without database, clock or HTTP

inline result<outcome<tally, std::int64_t>> decide(const tally& now, const count_lesson& told, const moment&) {
  outcome<tally, std::int64_t> out;
  out.reply = static_cast<std::int64_t>(now.lessons.size());
  if (std::find(now.lessons.begin(), now.lessons.end(), told.lesson) != now.lessons.end()) return out;
  out.next = now;
  out.next->lessons.push_back(told.lesson);
  out.next->rests_at = told.rests_at;
  ++out.reply;
  return out;
}

/// An alarm may come late or twice: the rule looks at the time.
inline result<outcome<tally, done>> decide(const tally& now, const start_over&, const moment& m) {
  outcome<tally, done> out;
  if (!now.rests_at || m.now < *now.rests_at) return out;
  out.next = now;
  out.next->lessons.clear();
  out.next->rests_at.reset();
  return out;
}

inline std::optional<stoa::alarm<start_over>> alarm_of(const tally_kind&, const tally& now) {
  if (!now.rests_at) return std::nullopt;
  return stoa::alarm<start_over>{*now.rests_at, {}};
}

// -- rows: each write names the version it saw and answers the new one

inline constexpr statement load_tally{
    "load_tally",
    "select array_to_string(lessons, ','), rests_at, version from plugin_trial.tally where user_id = :p1::uuid"};
inline constexpr statement save_tally{"save_tally", R"(
  insert into plugin_trial.tally as t (user_id, lessons, rests_at, version)
  values (:p1::uuid, :p2::uuid[], :p3::timestamptz, 1)
  on conflict (user_id) do update set lessons = excluded.lessons, rests_at = excluded.rests_at, version = t.version + 1
    where t.version = :p4::bigint
  returning version)"};

inline bound_statement load(const tally_kind&, const user_id& who) { return {&load_tally, {who}}; }
inline result<tally> read(const tally_kind&, const user_id& who, const rows& found) {
  tally out;
  out.who = who;
  if (found.empty()) return out;  // nobody is unknown: an empty tally
  const auto row = found.front();
  const auto ids = row.text(0);
  for (std::size_t at = 0; at < ids.size(); at += 37)
    if (auto id = lesson_id::parse(ids.substr(at, 36))) out.lessons.push_back(*id);
  out.rests_at = row.opt_time(1);
  out.version = row.integer(2);
  return out;
}
template <class Command>
bound_statement save(const tally& before, const tally& after, const Command&, const moment&) {
  return {&save_tally, {after.who, value::array(after.lessons), after.rests_at, before.version}};
}

}  // namespace stoa_plugin::trial
