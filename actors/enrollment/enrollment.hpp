// What a learner is as an entity, what they can be told, and what follows.
#pragma once

#include <string>
#include <vector>

#include "actors/enrollment/enrollment_rules.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct enter_course {
  enrollment_rules::entry entry;
  std::string title;
  using reply = enrollment;
};
BOOST_DESCRIBE_STRUCT(enter_course, (), (entry, title))

struct marked_lesson {
  enrollment after;
  timestamp completed_at;  ///< of a lesson that is completed
};
BOOST_DESCRIBE_STRUCT(marked_lesson, (), (after, completed_at))

struct mark_lesson {
  enrollment_id enrollment;
  lesson_id lesson;
  course_id course;
  std::string title;
  std::vector<lesson_id> curriculum;  ///< the course's current lessons
  lesson_mark mark;
  using reply = marked_lesson;
};
BOOST_DESCRIBE_STRUCT(mark_lesson, (), (enrollment, lesson, course, title, curriculum, mark))

struct set_learning_goal {
  int hours_per_month = 0;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(set_learning_goal, (), (hours_per_month))

/// ENROLLMENT `enrollment/<user>`: all that one person learns.
struct learner_kind {
  static constexpr const char* name = "enrollment";
  using key = user_id;
  using state = learner;
  using commands = command_list<
      // Enrols where the rules say the person is entitled to.
      enter_course,
      // Marks a lesson begun or done, and with the last one the course; keeps what the learner notes beside it.
      mark_lesson,
      // Sets the goal of hours a month.
      set_learning_goal>;
};

inline result<outcome<learner, enrollment>> decide(const learner& now, const enter_course& told, const moment& m) {
  auto made = enrollment_rules::enroll(now, told.entry, enrollment_id{m.fresh}, m.now);
  if (!made) return std::move(made).refusal();
  learner next;
  next.enrollments.reserve(now.enrollments.size() + 1);  // copied once, not once more to grow
  next = now;
  next.enrollments.push_back(*made);
  return outcome<learner, enrollment>{std::move(next), *made};
}

inline result<outcome<learner, marked_lesson>> decide(const learner& now, const mark_lesson& told, const moment& m) {
  const auto before = enrollment_rules::find(now, told.enrollment);
  if (!before) return before.refusal();
  auto step = enrollment_rules::mark_lesson(*before, told.curriculum, told.lesson, told.mark, m.now);
  if (!step) return std::move(step).refusal();
  outcome<learner, marked_lesson> out;
  out.reply = {step->after, step->completed_at};
  if (!step->changes()) return out;
  out.next = now;
  for (auto& e : out.next->enrollments)
    if (e.id == told.enrollment) e = step->after;
  return out;
}

inline result<outcome<learner, done>> decide(const learner& now, const set_learning_goal& told, const moment&) {
  learner next = now;
  next.target_hours_per_month = told.hours_per_month;
  return outcome<learner, done>{std::move(next)};
}

}  // namespace stoa::actors
