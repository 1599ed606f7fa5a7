#include "actors/dashboard/learner_numbers.hpp"

#include <algorithm>

#include "runtime/security/time_zone.hpp"

namespace stoa::actors {

dashboard_rules::calendar calendar_of(std::string zone) {
  return dashboard_rules::calendar([zone = std::move(zone)](timestamp t) { return runtime::zone_offset(zone, t); });
}

task<dashboard_rules::numbers> learner_numbers(learner_ptr who, stoa::courses& courses, std::string zone, timestamp now,
                                               course_versions* seen) {
  const auto gathered = co_await studies_of(std::move(who), courses);
  if (seen)
    for (const auto& s : gathered.all) seen->emplace_back(s.course->id, s.course->version);
  const auto calendar = calendar_of(std::move(zone));
  co_return dashboard_rules::numbers_of(gathered, now, calendar);
}

bool unchanged(const course_versions& seen, const stoa::courses& courses) {
  return std::all_of(seen.begin(), seen.end(), [&](const auto& one) {
    const auto now = courses.peek(one.first);
    return now && now->version == one.second;
  });
}

}  // namespace stoa::actors
