#include "views.hpp"

#include <algorithm>
#include <unordered_map>

namespace stoa_plugin::analytics {

namespace {

double per_cent(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

/// Half up.
std::int64_t average(std::int64_t sum, std::int64_t count) { return count > 0 ? (2 * sum + count) / (2 * count) : 0; }

/// The row of a day: rows are in the order of their days, those without anything are left out.
template <class Row>
class by_day {
 public:
  explicit by_day(const std::vector<Row>& rows) : at_(rows.begin()), end_(rows.end()) {}
  /// Asked for day after day. Calls `each` with every row of that day.
  template <class F>
  void on(stoa::date day, F&& each) {
    while (at_ != end_ && at_->day < day) ++at_;
    for (; at_ != end_ && at_->day == day; ++at_) each(*at_);
  }

 private:
  typename std::vector<Row>::const_iterator at_, end_;
};

void fill(shown_account& out, const account_of& n, const period& span, bool complete) {
  const auto& all = n.in_all;
  out.total_enrollments = all.enrollments;
  out.total_completions = all.completions;
  out.completion_rate.value = per_cent(all.completions, all.enrollments);
  out.total_lessons_completed = all.lessons;
  out.quiz_attempts = all.attempts;
  out.average_quiz_score = average(all.scores, all.attempts);
  out.quiz_pass_rate.value = per_cent(all.passed, all.attempts);
  for (const auto& e : n.earned) out.revenue.push_back({e.currency, e.minor});
  out.period = span;
  out.history_complete = complete;
  by_day days(n.days);
  by_day sold(n.earned_days);
  for (auto day = span.from; day <= span.to; day += stoa::days{1}) {
    auto& line = out.daily.emplace_back();
    line.date = day;
    days.on(day, [&](const day_figures& f) {
      line.enrollments = f.enrollments;
      line.completions = f.completions;
      line.lessons_completed = f.lessons;
      line.quiz_attempts = f.attempts;
    });
    sold.on(day, [&](const earned_day& e) { line.revenue.push_back({e.currency, e.minor}); });
  }
}

}  // namespace

student_analytics show_student(const learner_numbers& n, const std::vector<active_day>& active) {
  student_analytics out;
  out.courses_enrolled = n.enrolled;
  out.courses_completed = n.completed;
  out.total_lessons_completed = n.lessons;
  out.quizzes_taken = n.quizzes;
  out.average_quiz_score = average(n.scores, n.quizzes);
  out.learning_time_minutes = n.minutes;
  if (active.empty()) return out;
  by_day done(active);
  const auto today = active.back().day;
  for (auto day = today - stoa::days{activity_shown - 1}; day <= today; day += stoa::days{1}) {
    auto& line = out.daily_activity.emplace_back();
    line.date = day;
    done.on(day, [&](const active_day& d) {
      line.lessons_completed = d.lessons;
      line.learning_time_minutes = d.minutes;
    });
  }
  return out;
}

instructor_analytics show_instructor(const account_of& n, const period& span, const stoa::catalog_page& taught,
                                     const std::vector<course_figures>& of_each, bool complete) {
  instructor_analytics out;
  fill(out, n, span, complete);
  out.total_courses = taught.count;
  std::unordered_map<stoa::course_id, const course_figures*> known;
  for (const auto& f : of_each) known.emplace(f.id, &f);
  for (const auto& c : taught.courses) {
    auto& line = out.courses.emplace_back();
    line.id = c->id;
    line.title = c->title;
    line.is_published = c->published();
    const auto found = known.find(c->id);
    if (found == known.end()) continue;
    line.enrollments = found->second->enrollments;
    line.completions = found->second->completions;
    line.completion_rate.value = per_cent(line.completions, line.enrollments);
  }
  return out;
}

course_analytics show_course(const stoa::course& c, const account_of& n, const period& span,
                             const std::vector<lesson_count>& lessons, const std::vector<question_count>& questions,
                             const known_quizzes& quizzes, bool complete) {
  course_analytics out;
  fill(out, n, span, complete);
  out.course_id = c.id;
  out.title = c.title;
  std::unordered_map<stoa::lesson_id, std::int64_t> done;
  for (const auto& l : lessons) done.emplace(l.lesson, l.completions);
  for (const auto* l : c.lessons_in_order()) {
    auto& line = out.lessons.emplace_back();
    line.lesson_id = l->id;
    line.title = l->title;
    line.order = static_cast<int>(out.lessons.size());
    if (const auto found = done.find(l->id); found != done.end()) line.completions = found->second;
    line.completion_rate.value = per_cent(line.completions, n.in_all.enrollments);
  }
  for (const auto& q : questions) {
    auto& line = out.questions.emplace_back();
    line.question_id = q.question;
    line.quiz_id = q.quiz;
    if (const auto found = quizzes.find(q.quiz); found != quizzes.end()) {
      line.quiz_title = found->second->title;
      if (const auto* is = found->second->find(q.question)) line.question_text = is->text;
    }
    line.asked = q.asked;
    line.answered = q.answered;
    line.correct = q.correct;
    line.correct_rate.value = per_cent(q.correct, q.asked);
    if (q.points > 0) line.difficulty.value = 1 - static_cast<double>(q.earned) / static_cast<double>(q.points);
  }
  return out;
}

system_analytics show_system(const account_of& n, const period& span, std::int64_t published, bool complete) {
  system_analytics out;
  fill(out, n, span, complete);
  out.total_users = n.in_all.registrations;
  out.published_courses = published;
  by_day days(n.days);
  for (auto day = span.from; day <= span.to; day += stoa::days{1}) {
    auto& line = out.daily_registrations.emplace_back();
    line.date = day;
    days.on(day, [&](const day_figures& f) { line.registrations = f.registrations; });
  }
  return out;
}

}  // namespace stoa_plugin::analytics
