#include "actors/enrollment/studies.hpp"

#include <algorithm>

namespace stoa::actors {
namespace {

task<studies> between(learner_ptr who, stoa::courses& courses, std::size_t first, std::size_t last) {
  studies out;
  out.all.reserve(last - first);
  for (auto i = first; i < last; ++i) {
    const auto& e = who->enrollments[i];
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

}  // namespace

task<studies> studies_of(learner_ptr who, stoa::courses& courses) {
  const auto all = who->enrollments.size();
  return between(std::move(who), courses, 0, all);
}

task<studies> studies_of(learner_ptr who, stoa::courses& courses, page_request page) {
  const auto all = static_cast<std::int64_t>(who->enrollments.size());
  const auto first = std::min(page.offset(), all), last = std::min(first + page.size, all);
  return between(std::move(who), courses, static_cast<std::size_t>(first), static_cast<std::size_t>(last));
}

}  // namespace stoa::actors
