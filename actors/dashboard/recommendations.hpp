// What somebody could learn next, and why.
#pragma once

#include <string>
#include <vector>

#include "actors/enrollment/studies.hpp"
#include "stoa/areas/catalog.hpp"
#include "stoa/areas/courses.hpp"

namespace stoa::actors {

struct recommendation {
  course_ptr course;
  std::string reason;
  double score = 0;  ///< 0 to 1, with two digits
};

namespace dashboard_rules {

/// How well a course is liked, 0 to 1: its rating, weighed down while few have rated it.
double quality(const course& c);

/// The best reason there is for one course, with its score: the next level after a course completed (0.95), the next
/// level after one in progress (0.85), an instructor taken before (0.75), the same category (0.70), popularity (0.50).
/// A tenth of it all hangs on the quality.
recommendation judge(const studies& of, course_ptr candidate);

/// The best `most` of the candidates that are published and not enrolled in, best first. The same input gives the same
/// list.
std::vector<recommendation> recommend(const studies& of, const std::vector<course_ptr>& candidates, std::size_t most);

}  // namespace dashboard_rules

/// Looks for candidates in the catalogue (the learner's categories and instructors, the popular, the well rated) and
/// recommends the best of them.
task<std::vector<recommendation>> recommendations_for(learner_ptr who, stoa::courses& courses, stoa::catalog& catalog,
                                                      std::size_t most);

}  // namespace stoa::actors
