#include "actors/course/course_access.hpp"

namespace stoa::actors {

course_access access_of(const course& c, const caller& who, const learner* as_learner) {
  const bool gone = c.status == course_status::removed;
  course_access out;
  out.entitled = (!gone && c.owned_by(who)) || (who.signed_in && as_learner && as_learner->find(c.id));
  out.visible = out.entitled || c.published();
  return out;
}

task<course_access> access_of(course_ptr c, caller who, enrollments& learners) {
  auto out = access_of(*c, who, nullptr);
  if (out.entitled || !who.signed_in) co_return out;
  auto as_learner = learners.peek(who.user);
  if (!as_learner) as_learner = co_await learners.get(who.user);
  co_return access_of(*c, who, as_learner.get());
}

task<seen_course> seen_by(caller who, course_id id, courses& all, enrollments& learners) {
  seen_course out;
  out.of = co_await all.get(id);
  const auto access = co_await access_of(out.of, std::move(who), learners);
  if (!access.visible) co_return not_found(id);
  out.entitled = access.entitled;
  co_return out;
}

lesson_material material_of(const lesson& l, bool entitled, const lesson_contents& read) {
  lesson_material out;
  if (!entitled && !l.is_preview) return out;
  if (!l.video_url.empty()) out.video_url = l.video_url;
  out.resources = l.resources;
  if (const auto& text = content_of(l, read); !text.empty()) out.content = text;
  return out;
}

}  // namespace stoa::actors
