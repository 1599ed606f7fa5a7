// The stored reflections and replies: SQL and nothing else.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reflection_rules.hpp"
#include "stoa/db.hpp"
#include "stoa/paging.hpp"

namespace stoa_plugin::reflections {

struct reply_to {
  reply_id id;
  reflection_id reflection;
  stoa::user_id user;
  std::string content;
  stoa::timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(reply_to, (), (id, reflection, user, content, created_at))

/// With what lists show besides.
struct listed_reflection {
  reflection what;
  std::int64_t replies = 0;
};

struct shelf_filter {
  /// Of other people's: only those of the course, and only these visibilities. Empty: one's own alone.
  std::vector<std::string> others;
  std::optional<stoa::course_id> course;
  std::optional<stoa::lesson_id> lesson;
  std::string kind;        ///< empty: all
  std::string visibility;  ///< empty: all
  std::string tag;         ///< without regard to case; empty: all
};

/// How much one may write.
struct shelf_limits {
  std::int64_t per_lesson = 0;  ///< reflections of one person on one lesson
  std::int64_t replies = 0;     ///< to one reflection
};

/// Faults: REFLECTION_LIMIT_REACHED (conflict). Tells of it where others may read it.
stoa::task<reflection> add_reflection(stoa::database& db, reflection made, stoa::user_id instructor,
                                      shelf_limits limits);
/// Whoever it belongs to. Faults: REFLECTION_NOT_FOUND.
stoa::task<reflection> find_reflection(stoa::database& db, reflection_id id);
/// Newest first.
stoa::task<stoa::page_of<listed_reflection>> list_reflections(stoa::database& db, stoa::user_id who, shelf_filter f,
                                                              stoa::page_request asked);
/// Of its author alone. Faults: REFLECTION_NOT_FOUND.
stoa::task<reflection> change_reflection(stoa::database& db, stoa::user_id author, reflection_id id,
                                         reflection_change change, stoa::user_id instructor, stoa::timestamp now);
stoa::task<stoa::done> remove_reflection(stoa::database& db, stoa::user_id author, reflection_id id);

/// Faults: REPLY_LIMIT_REACHED (conflict), REFLECTION_NOT_FOUND where it was taken away meanwhile. Tells its author.
stoa::task<reply_to> add_reply(stoa::database& db, reply_to made, reflection of, stoa::user_id instructor,
                               shelf_limits limits);
/// Oldest first.
stoa::task<std::vector<reply_to>> replies_of(stoa::database& db, reflection_id id);
/// Of its author alone. Faults: REPLY_NOT_FOUND.
stoa::task<stoa::done> remove_reply(stoa::database& db, stoa::user_id author, reflection_id of, reply_id id);

}  // namespace stoa_plugin::reflections
