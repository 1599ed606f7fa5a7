// What a course shows to whom: decided once for every contract.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"

namespace stoa::actors {

struct course_access {
  bool visible = false;   ///< false: it answers like an unknown id
  bool entitled = false;  ///< sees what lessons hold that are no previews
};
/// Published courses are everybody's to see, drafts their author's and admins'; who has entered a course keeps it,
/// whatever became of it since. `as_learner` is null for nobody.
course_access access_of(const course& c, const caller& who, const learner* as_learner);

/// The same of somebody whose enrolments are looked up where they matter.
task<course_access> access_of(course_ptr c, caller who, enrollments& learners);

/// A course as somebody sees it.
struct seen_course {
  course_ptr of;
  bool entitled = false;
};
/// The course of that id; COURSE_NOT_FOUND for whom it is not visible.
task<seen_course> seen_by(caller who, course_id id, courses& all, enrollments& learners);

/// What a lesson holds, for whoever may have it; nothing for others.
struct lesson_material {
  std::optional<std::string> video_url, content;
  std::optional<std::vector<std::string>> resources;
};
lesson_material material_of(const lesson& l, bool entitled, const lesson_contents& read);

}  // namespace stoa::actors
