// What is told to all learners of a course: a job goes through them, a part after the other.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "notification_rules.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/db.hpp"
#include "stoa/jobs.hpp"

namespace stoa_plugin::notifications {

/// The job: what happened to which course.
struct tell_learners {
  static constexpr std::string_view kind = "notifications.tell_learners";
  std::string event;  ///< its id
  std::string what;   ///< its kind
  stoa::course_id course;
  std::string title, lesson_title;
  stoa::timestamp at;
};
BOOST_DESCRIBE_STRUCT(tell_learners, (), (event, what, course, title, lesson_title, at))

/// What the learners of a course shall hear of an event; none where they cannot see the course, or where another event
/// of the same moment says more (`batch` are those that came with it).
std::optional<tell_learners> news_of(const stoa::event& e, const std::vector<stoa::event>& batch);
/// One learner's notification. The same news gives the same one; changes of a course are told once a day (UTC).
notification told_to(const tell_learners& news, stoa::user_id learner);

/// Goes through the learners. `write` takes a part of them and ends when it is committed; it must bear the same again.
stoa::task<stoa::done> tell_all(stoa::roster& learners, tell_learners news, std::int64_t part,
                                std::function<stoa::task<stoa::done>(std::vector<notification>)> write);

}  // namespace stoa_plugin::notifications
