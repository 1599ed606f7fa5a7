#include "actors/dashboard/dashboard_rules.hpp"

#include <algorithm>
#include <set>

namespace stoa::actors::dashboard_rules {
namespace {

timestamp month_begin(timestamp t, const calendar& c) {
  const std::chrono::year_month_day today{c.day_of(t)};
  return c.begin_of(date{today.year() / today.month() / 1});
}

std::int64_t seconds_of(const lesson& l, const lesson_progress& p) {
  const std::int64_t length = p.completed_at ? std::int64_t{60} * l.duration_minutes : 0;
  return std::max(length, p.watch_seconds);
}

template <class Each>
void each_touched_lesson(const study& s, Each each) {
  for (const auto& part : s.course->sections)
    for (const auto& l : part.lessons)
      if (auto at = s.enrollment->lessons.find(l.id); at != s.enrollment->lessons.end()) each(l, at->second);
}

}  // namespace

std::int64_t seconds_spent(const study& s, timestamp since) {
  std::int64_t total = 0;
  each_touched_lesson(s, [&](const lesson& l, const lesson_progress& p) {
    if (p.completed_at.value_or(p.updated_at) >= since) total += seconds_of(l, p);
  });
  return total;
}

int streak_days(const learner& who, timestamp now, const calendar& of_theirs) {
  std::set<date> active;
  for (const auto& e : who.enrollments)
    for (const auto& [id, p] : e.lessons)
      if (p.completed_at) active.insert(of_theirs.day_of(*p.completed_at));
  date day = of_theirs.day_of(now);
  if (!active.contains(day)) day -= days{1};
  int streak = 0;
  for (; active.contains(day); day -= days{1}) ++streak;
  return streak;
}

std::optional<timestamp> last_activity(const learner& who) {
  std::optional<timestamp> last;
  const auto seen = [&](timestamp t) { last = last ? std::max(*last, t) : t; };
  for (const auto& e : who.enrollments) {
    seen(e.enrolled_at);
    seen(e.last_accessed_at);
    for (const auto& [id, p] : e.lessons) seen(p.updated_at);
  }
  return last;
}

goal goal_of(std::optional<int> target_hours, std::int64_t seconds_this_month) {
  goal g;
  g.target_hours_per_month = target_hours.value_or(default_hours_per_month);
  const std::int64_t target = std::int64_t{3600} * std::max(1, g.target_hours_per_month);
  if (seconds_this_month >= target) {
    g.progress_percent = 100;
  } else {
    const auto half_up = (200 * seconds_this_month + target) / (2 * target);
    g.progress_percent = static_cast<int>(std::min<std::int64_t>(half_up, 99));
  }
  return g;
}

numbers numbers_of(const studies& of, timestamp now, const calendar& of_theirs) {
  numbers n;
  const auto month = month_begin(now, of_theirs);
  for (const auto& s : of.all) {
    ++n.courses_enrolled;
    if (s.progress.completed) ++n.courses_completed;
    n.seconds_learned += seconds_spent(s);
    n.seconds_this_month += seconds_spent(s, month);
  }
  n.hours_learned = static_cast<double>(n.seconds_learned) / 3600;
  n.hours_this_month = static_cast<double>(n.seconds_this_month) / 3600;
  n.streak_days = streak_days(*of.learner, now, of_theirs);
  n.last_activity = last_activity(*of.learner);
  n.goal = goal_of(of.learner->target_hours_per_month, n.seconds_this_month);
  return n;
}

date estimated_completion(const study& s, std::optional<int> target_hours, std::size_t unfinished, timestamp now,
                          const calendar& of_theirs) {
  const std::int64_t left = s.course->total_minutes() - s.progress.minutes_completed;
  std::int64_t learned = 0;
  each_touched_lesson(s, [&](const lesson& l, const lesson_progress& p) {
    if (p.completed_at && *p.completed_at >= now - pace_window) learned += l.duration_minutes;
  });
  std::int64_t over = std::clamp<std::int64_t>(
      (of_theirs.day_of(now) - of_theirs.day_of(s.enrollment->enrolled_at)).count() + 1, 7, pace_window.count());
  if (learned == 0) {
    learned = std::int64_t{60} * target_hours.value_or(default_hours_per_month);
    over = 30 * static_cast<std::int64_t>(std::max<std::size_t>(unfinished, 1));
  }
  const std::int64_t ahead = (left * over + learned - 1) / std::max<std::int64_t>(learned, 1);
  return of_theirs.day_of(now) + days{std::clamp<std::int64_t>(ahead, 0, 3650)};
}

std::vector<continuation> continue_learning(const studies& of, timestamp now, const calendar& of_theirs) {
  std::vector<continuation> out;
  const auto unfinished = static_cast<std::size_t>(
      std::count_if(of.all.begin(), of.all.end(), [](const study& s) { return !s.progress.completed; }));
  for (const auto& s : of.all) {
    if (s.progress.completed) continue;
    out.push_back(
        {s, seconds_spent(s), estimated_completion(s, of.learner->target_hours_per_month, unfinished, now, of_theirs)});
  }
  std::sort(out.begin(), out.end(), [](const continuation& a, const continuation& b) {
    const auto &x = *a.what.enrollment, &y = *b.what.enrollment;
    return x.last_accessed_at != y.last_accessed_at ? x.last_accessed_at > y.last_accessed_at : x.id < y.id;
  });
  return out;
}

}  // namespace stoa::actors::dashboard_rules
