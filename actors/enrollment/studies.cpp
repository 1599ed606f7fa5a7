#include "actors/enrollment/studies.hpp"

namespace stoa::actors {

task<studies> studies_of(learner_ptr who, stoa::courses& courses) {
  studies out;
  out.all.reserve(who->enrollments.size());
  for (const auto& e : who->enrollments) {
    auto c = courses.peek(e.course);
    if (!c) c = co_await courses.get(e.course);
    study s;
    s.enrollment = &e;
    s.progress = progress_of(e, *c);
    s.course = std::move(c);
    out.all.push_back(std::move(s));
  }
  out.learner = std::move(who);
  co_return out;
}

}  // namespace stoa::actors
