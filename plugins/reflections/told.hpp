// What this plugin tells others.
#pragma once

#include <boost/describe.hpp>

#include <string>
#include <string_view>

#include "reflection_rules.hpp"

namespace stoa_plugin::reflections {

/// What every event of a reflection tells.
struct reflection_facts {
  stoa_plugin::reflections::reflection_id reflection_id;
  stoa::course_id course_id;
  std::string course_title;
  stoa::lesson_id lesson_id;
  std::string lesson_title;
  stoa::user_id instructor_id;  ///< of the course
};
BOOST_DESCRIBE_STRUCT(reflection_facts, (),
                      (reflection_id, course_id, course_title, lesson_id, lesson_title, instructor_id))

/// Told for its author, when others may read it for the first time.
struct reflection_posted : reflection_facts {
  static constexpr std::string_view kind = "reflection.posted";
  static constexpr std::string_view about = "Somebody wrote a reflection that others may read.";
  static constexpr std::string_view entity = "the reflection";
  std::string type;
  std::string visibility;
};
BOOST_DESCRIBE_STRUCT(reflection_posted, (reflection_facts), (type, visibility))

/// Told for the reflection's author, unless they answered themselves.
struct reflection_replied : reflection_facts {
  static constexpr std::string_view kind = "reflection.replied";
  static constexpr std::string_view about = "An instructor replied to somebody's reflection.";
  static constexpr std::string_view entity = "the reflection";
  stoa_plugin::reflections::reply_id reply_id;
  stoa::user_id replied_by;
};
BOOST_DESCRIBE_STRUCT(reflection_replied, (reflection_facts), (reply_id, replied_by))

template <class E>
E told_of(const reflection& r, stoa::user_id instructor) {
  E e;
  e.reflection_id = r.id;
  e.course_id = r.course;
  e.course_title = r.course_title;
  e.lesson_id = r.lesson;
  e.lesson_title = r.lesson_title;
  e.instructor_id = instructor;
  return e;
}

}  // namespace stoa_plugin::reflections
