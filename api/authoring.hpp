// What the authoring of courses has in common, whatever a contract calls its members.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/caller.hpp"
#include "stoa/wire.hpp"

namespace stoa::api {

/// Who may write courses at all; whose they are is for the rules.
inline role_set teachers() {
  role_set r;
  r.add(role::instructor);
  r.add(role::admin);
  return r;
}

using level_word = wire::choice<"beginner", "intermediate", "advanced">;
using lesson_kind_word = wire::choice<"video", "article", "quiz">;

// -- members of bodies as drafts take them

template <class T>
std::optional<std::string> plain(const std::optional<T>& v) {
  if (!v) return std::nullopt;
  return std::string(*v);
}

template <class List>
std::optional<std::vector<std::string>> plain_list(const std::optional<List>& v) {
  if (!v) return std::nullopt;
  return std::vector<std::string>(v->begin(), v->end());
}

template <std::int64_t Min, std::int64_t Max>
std::optional<int> plain_number(const std::optional<wire::whole<Min, Max>>& v) {
  if (!v) return std::nullopt;
  return static_cast<int>(v->value);
}

}  // namespace stoa::api
