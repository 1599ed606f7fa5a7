#include "tally.hpp"

namespace stoa_plugin::analytics {

std::string_view name_of(scope s) noexcept {
  switch (s) {
    case scope::course:
      return "course";
    case scope::instructor:
      return "instructor";
    case scope::system:
      return "system";
  }
  return "";
}

figures& figures::operator+=(const figures& other) {
  enrollments += other.enrollments;
  completions += other.completions;
  lessons += other.lessons;
  attempts += other.attempts;
  passed += other.passed;
  scores += other.scores;
  registrations += other.registrations;
  return *this;
}

stoa::timestamp slot_of(stoa::timestamp t) {
  return std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<900>>>(t);
}

stoa::date day_of(stoa::timestamp t) { return std::chrono::floor<stoa::days>(t); }

void tally::count(const counted_course& c, stoa::timestamp at, const figures& f) {
  teachers[c.id] = c.teacher;
  for (const auto& p : {place{scope::course, c.id.value}, place{scope::instructor, c.teacher.value},
                        place{scope::system, stoa::uuid{}}}) {
    in_all[p] += f;
    by_day[{p, day_of(at)}] += f;
  }
}

void tally::enrolled(const counted_course& c, stoa::user_id who, stoa::timestamp at) {
  figures f;
  f.enrollments = 1;
  count(c, at, f);
  ++learners[who].enrolled;
}

void tally::finished_lesson(const counted_course& c, stoa::lesson_id l, int minutes, stoa::user_id who,
                            stoa::timestamp at) {
  figures f;
  f.lessons = 1;
  count(c, at, f);
  ++lessons[{c.id, l}];
  auto& own = learners[who];
  ++own.lessons;
  own.minutes += minutes;
  auto& slot = activity[{who, slot_of(at)}];
  ++slot.lessons;
  slot.minutes += minutes;
}

void tally::finished_course(const counted_course& c, stoa::user_id who, stoa::timestamp at) {
  figures f;
  f.completions = 1;
  count(c, at, f);
  ++learners[who].completed;
}

void tally::answers(stoa::course_id in, const attempt_outcome& of, std::int64_t sign) {
  for (const auto& a : of.answers) {
    auto& q = questions[{in, of.quiz, a.question_id}];
    q.asked += sign;
    q.answered += a.answered ? sign : 0;
    q.correct += a.correct ? sign : 0;
    q.earned += sign * a.points_earned;
    q.points += sign * a.points;
  }
}

void tally::tried_quiz(const counted_course& c, const attempt_outcome& is, stoa::user_id who, stoa::timestamp at) {
  figures f;
  f.attempts = 1;
  f.passed = is.passed;
  f.scores = is.score;
  count(c, at, f);
  answers(c.id, is, 1);
  auto& own = learners[who];
  ++own.quizzes;
  own.scores += is.score;
}

void tally::graded_anew(const counted_course& c, const attempt_outcome& was, const attempt_outcome& is,
                        stoa::user_id who, stoa::timestamp at) {
  figures f;
  f.passed = int{is.passed} - int{was.passed};
  f.scores = is.score - was.score;
  count(c, at, f);
  answers(c.id, was, -1);
  answers(c.id, is, 1);
  learners[who].scores += f.scores;
}

void tally::sold(const counted_course& c, std::int64_t minor, const std::string& currency, stoa::timestamp at) {
  teachers[c.id] = c.teacher;
  earned[{scope::course, c.id.value, currency, day_of(at)}] += minor;
  earned[{scope::instructor, c.teacher.value, currency, day_of(at)}] += minor;
  earned[{scope::system, stoa::uuid{}, currency, day_of(at)}] += minor;
}

void tally::registered(stoa::date day, std::int64_t count) {
  figures f;
  f.registrations = count;
  const place all{scope::system, stoa::uuid{}};
  in_all[all] += f;
  by_day[{all, day}] += f;
}

bool tally::empty() const { return in_all.empty() && earned.empty(); }

}  // namespace stoa_plugin::analytics
