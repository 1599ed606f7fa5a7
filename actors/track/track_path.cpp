#include "actors/track/track_path.hpp"

namespace stoa::actors {

track_path path_of(const std::vector<course_ptr>& courses, const learner* who) {
  track_path out;
  out.steps.reserve(courses.size());
  std::int64_t lessons = 0, done = 0;
  for (const auto& c : courses) {
    auto& step = out.steps.emplace_back();
    step.course = c;
    const auto* e = who ? who->find(c->id) : nullptr;
    step.enrolled = e != nullptr;
    step.progress = e ? progress_of(*e, *c) : progress{};
    lessons += c->total_lessons();
    done += step.progress.lessons_completed;
  }
  out.percent = percent_done(done, lessons);
  for (const auto& step : out.steps)
    if (!step.progress.completed && !out.next) out.next = &step;
  return out;
}

}  // namespace stoa::actors
