#include "actors/course/lesson_texts.hpp"

#include "actors/course/course_store.hpp"

namespace stoa::actors {

task<lesson_contents_ptr> lesson_texts::of(course_ptr course, bool all) {
  static const auto none = std::make_shared<const lesson_contents>();
  bool any = false;
  for (const auto& s : course->sections)
    for (const auto& l : s.lessons) any = any || (l.content_elsewhere > 0 && (all || l.is_preview));
  if (!any) co_return none;
  if (const auto ready = kept_.find(course->id, course->version)) co_return *ready;
  const auto key = course->id.str() + (all ? "/all/" : "/previews/") + std::to_string(course->version);
  std::function<task<lesson_contents_ptr>()> reading = [this, course, all] { return read(course, all); };
  co_return co_await flights_.run(key, std::move(reading));
}

task<lesson_contents_ptr> lesson_texts::read(course_ptr course, bool all) {
  values v{course->id, all};
  const auto found = co_await db_.query(course_store::contents, std::move(v));
  auto out = std::make_shared<lesson_contents>();
  std::size_t bytes = sizeof(lesson_contents);
  for (const auto& r : found) {
    const auto text = r.raw(1);
    bytes += text.size() + sizeof(lesson_contents::value_type) + 2 * sizeof(void*);
    out->emplace(r.as<lesson_id>(0), text);
  }
  // Previews are shown from bodies that are kept encoded.
  if (all) kept_.put(course->id, course->version, out, bytes);
  co_return out;
}

}  // namespace stoa::actors
