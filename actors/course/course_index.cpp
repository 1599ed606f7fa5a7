#include "actors/course/course_index.hpp"

#include "actors/course/course_rules.hpp"
#include "actors/course/course_store.hpp"

namespace stoa::actors {

template <class Key>
task<course_id> course_index::look_up(table<Key>& in, Key key, const statement& s, fault unknown) {
  if (auto known = in.find(key)) co_return *known;
  if (in.missing.contains(key)) co_return unknown;
  values v{key};
  const auto found = co_await db_.query(s, std::move(v));
  if (found.empty()) {
    in.missing.add(key);
    co_return unknown;
  }
  const auto home = found.front().template as<course_id>(0);
  in.add(key, home);
  co_return home;
}

task<course_id> course_index::home_of(section_id id) {
  return look_up(sections_, id, course_store::course_of_section, not_found(section_id{}));
}

task<course_id> course_index::home_of(lesson_id id) {
  return look_up(lessons_, id, course_store::course_of_lesson, not_found(lesson_id{}));
}

task<course_id> course_index::home_of(std::string slug, std::function<bool(course_id)> still) {
  if (slug.empty() || slug.size() > course_limits::title) co_return not_found(course_id{});
  if (const auto known = slugs_.find(slug); known && !still(*known)) slugs_.remove(slug);
  co_return co_await look_up(slugs_, std::move(slug), course_store::find_slug, not_found(course_id{}));
}

task<course_id> course_index::home_of(std::int64_t number) {
  return look_up(numbers_, number, course_store::find_number, not_found(course_id{}));
}

}  // namespace stoa::actors
