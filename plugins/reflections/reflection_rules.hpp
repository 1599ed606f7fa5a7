// Who may read, write and answer reflections. No database.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/result.hpp"
#include "stoa/routes.hpp"

namespace stoa_plugin::reflections {

using reflection_id = stoa::id<struct reflection_tag>;
using reply_id = stoa::id<struct reply_tag>;

/// What may be written, wherever it comes from.
struct reflection_limits {
  static constexpr std::size_t content = 10'000;
  static constexpr std::size_t reply = 5'000;
  static constexpr std::size_t tag = 50;
  static constexpr std::size_t tags = 20;
  static constexpr std::int64_t seconds = 6000 * 60;  ///< the longest lesson there can be
};

/// `visibility` is one of these.
inline constexpr std::string_view for_author = "private";         ///< its author alone
inline constexpr std::string_view for_instructor = "instructor";  ///< the course's owner, too
inline constexpr std::string_view for_course = "public";          ///< everybody in the course

struct reflection {
  reflection_id id;
  stoa::user_id user;
  stoa::course_id course;
  stoa::lesson_id lesson;
  std::string kind;  ///< puzzle, note, question
  std::string content;
  std::string visibility;
  std::optional<std::int64_t> at_second;  ///< of the lesson's video
  std::string lesson_title;
  std::string course_title;
  stoa::timestamp created_at;
  stoa::timestamp updated_at;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(reflection, (),
                      (id, user, course, lesson, kind, content, visibility, at_second, lesson_title, course_title,
                       created_at, updated_at, tags))

/// What somebody is to a course.
enum class standing {
  stranger,
  learner,  ///< enrolled, also where the course was withdrawn since
  teacher,  ///< its instructor, or an administrator
};
standing standing_of(const stoa::course& c, const stoa::caller& who, const stoa::learner& as_learner);

/// The visibilities of other people's reflections in a course that somebody of that standing reads.
std::vector<std::string> seen_of_others(standing s);
bool may_see(const reflection& r, stoa::user_id who, standing s);

/// Faults: NOT_ENROLLED (forbidden) for strangers, LESSON_NOT_FOUND where they may not know of the course.
stoa::result<stoa::done> may_write(const stoa::course& c, standing s);
/// Faults: REFLECTION_NOT_FOUND for whoever may not see it, PERMISSION_DENIED (forbidden) for who is no teacher of the
/// course.
stoa::result<stoa::done> may_reply(const reflection& r, stoa::user_id who, standing s);
/// Faults: COURSE_NOT_FOUND for strangers to a course that is not published.
stoa::result<stoa::done> may_look_around(const stoa::course& c, standing s);

/// Faults: `invalid` (field `timestamp_seconds`) where the lesson is shorter. Lengths are whole minutes: the last one
/// counts in full.
stoa::result<stoa::done> check_second(const stoa::lesson& l, std::optional<std::int64_t> second);
/// Each once, in whatever case it came first.
std::vector<std::string> distinct_tags(const std::vector<std::string>& tags);

/// What a change leaves of a reflection; nothing stays as it is.
struct reflection_change {
  std::optional<std::string> kind, content, visibility;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::optional<std::int64_t>> at_second;
};
reflection changed(reflection r, const reflection_change& c, stoa::timestamp now);
/// Whether others see by the change what they did not see before.
bool newly_shown(std::string_view before, std::string_view after) noexcept;

stoa::fault unknown_reflection();  ///< REFLECTION_NOT_FOUND
stoa::fault unknown_reply();       ///< REPLY_NOT_FOUND

}  // namespace stoa_plugin::reflections
