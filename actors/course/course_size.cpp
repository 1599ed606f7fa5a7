#include "actors/course/course_size.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <string_view>
#include <type_traits>

namespace stoa::actors::course_rules {
namespace {

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T, class F>
void each_member(F&& f) {
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_any_access>>(f);
}

template <class T>
std::int64_t bytes(const T& v) {
  if constexpr (std::is_same_v<T, std::string>) {
    return static_cast<std::int64_t>(v.size());
  } else if constexpr (is_list<T>) {
    std::int64_t n = 0;
    for (const auto& item : v) n += bytes(item);
    return n;
  } else if constexpr (is_optional<T>) {
    return v ? bytes(*v) : 0;
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    std::int64_t n = sizeof(T);
    each_member<T>([&](auto m) { n += bytes(v.*m.pointer); });
    return n;
  } else {
    return 0;
  }
}

template <class T>
bool equal(const T& a, const T& b) {
  if constexpr (is_list<T>) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!equal(a[i], b[i])) return false;
    return true;
  } else if constexpr (is_optional<T>) {
    return a.has_value() == b.has_value() && (!a || equal(*a, *b));
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    bool same = true;
    each_member<T>([&](auto m) {
      same = same && (std::string_view(m.name) == "updated_at" || equal(a.*m.pointer, b.*m.pointer));
    });
    return same;
  } else {
    return a == b;
  }
}

}  // namespace

std::int64_t bytes_of(const course& c) {
  // Reviews are learners' words, and what an instructor's account says is no part of the course.
  std::int64_t n = bytes(c.sections);
  for (const auto* text : {&c.title, &c.slug, &c.short_description, &c.description, &c.detailed_description,
                           &c.thumbnail_url, &c.preview_video_url})
    n += bytes(*text);
  for (const auto* list : {&c.outcomes, &c.requirements, &c.target_audience, &c.tags}) n += bytes(*list);
  for (const auto& s : c.sections)
    for (const auto& l : s.lessons) n += l.content_elsewhere;
  return n;
}

result<done> fits(const course& before, const course& after, std::int64_t most) {
  const auto size = bytes_of(after);
  if (size <= most || size <= bytes_of(before)) return done{};
  return fault(
      fault_kind::rejected, "COURSE_TOO_LARGE",
      "A course holds at most " + std::to_string(most / 1024) + " KiB of text in all its sections and lessons.");
}

bool same(const course& a, const course& b) { return equal(a, b); }

}  // namespace stoa::actors::course_rules
