// A learner's shelf of badges: an entity, and all that decides about it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/notices.hpp"
#include "stoa/entities.hpp"

namespace stoa_plugin::badges {

using namespace stoa;  // NOLINT: the plugin's own source

struct badge {
  std::string name;
  timestamp awarded_at;
};
BOOST_DESCRIBE_STRUCT(badge, (), (name, awarded_at))

struct holdings {
  std::vector<lesson_id> lessons;  ///< finished
  std::vector<badge> badges;       ///< oldest first
};
BOOST_DESCRIBE_STRUCT(holdings, (), (lessons, badges))

struct shelf {
  user_id who;
  holdings has;
  std::int64_t version = 0;
};

struct note_lesson {
  lesson_id lesson;
  std::int64_t keen_lessons = 0;  ///< so many make a keen learner
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(note_lesson, (), (lesson, keen_lessons))
struct note_review {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(note_review, (), ())

struct shelf_kind {
  static constexpr const char* name = "shelf";
  using key = user_id;
  using state = shelf;
  using commands = command_list<note_lesson, note_review>;
};

/// Each badge is awarded once.
inline bool award(shelf& to, const char* name, timestamp at) {
  for (const auto& b : to.has.badges)
    if (b.name == name) return false;
  to.has.badges.push_back({name, at});
  return true;
}

inline result<outcome<shelf, done>> decide(const shelf& now, const note_lesson& told, const moment& m) {
  outcome<shelf, done> out;
  const auto& known = now.has.lessons;
  if (std::find(known.begin(), known.end(), told.lesson) != known.end()) return out;
  out.next = now;
  out.next->has.lessons.push_back(told.lesson);
  award(*out.next, "first-lesson", m.now);
  if (static_cast<std::int64_t>(out.next->has.lessons.size()) >= told.keen_lessons) award(*out.next, "keen", m.now);
  return out;
}
inline result<outcome<shelf, done>> decide(const shelf& now, const note_review&, const moment& m) {
  outcome<shelf, done> out;
  out.next = now;
  if (!award(*out.next, "reviewer", m.now)) out.next.reset();
  return out;
}

inline constexpr statement load_shelf{"load_shelf",
                                      "select holds, version from plugin_badges.shelf where user_id = :p1::uuid"};
inline constexpr statement save_shelf{"save_shelf", R"(
  with root as (insert into plugin_badges.shelf as s (user_id, holds, version) values (:p1::uuid, :p2::jsonb, 1)
    on conflict (user_id) do update set holds = excluded.holds, version = s.version + 1 where s.version = :p3::bigint
    returning version), told as ()" STOA_TELL(":p4") R"(, root)
  select version from root)"};

inline bound_statement load(const shelf_kind&, const user_id& who) { return {&load_shelf, {who}}; }
inline result<shelf> read(const shelf_kind&, const user_id& who, const rows& found) {
  shelf out;
  out.who = who;
  if (found.empty()) return out;  // nobody is unknown: an empty shelf
  auto holds = wire::read<holdings>(json::parse(found.front().text(0)).value());
  if (!holds) return std::move(holds).refusal();
  out.has = std::move(*holds);
  out.version = found.front().integer(1);
  return out;
}
template <class Command>
bound_statement save(const shelf& before, const shelf& after, const Command&, const moment& m) {
  event_rows told(m.now);  // into the learner's inbox
  for (auto i = before.has.badges.size(); i < after.has.badges.size(); ++i)
    told.tell(after.who, after.who,
              notice_given{"achievement", "New badge: " + after.has.badges[i].name, "", "/badges/", "badge"});
  return {&save_shelf, {after.who, wire::write(after.has), before.version, told}};
}

}  // namespace stoa_plugin::badges
