// Path parameters with a name and a type.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "stoa/fault.hpp"
#include "stoa/ids.hpp"
#include "stoa/result.hpp"
#include "stoa/wire.hpp"

namespace stoa {

/// How a path parameter is read; nullopt where the text is none.
template <class T>
struct path_codec;
template <class Tag>
struct path_codec<id<Tag>> {
  static std::optional<id<Tag>> parse(const std::string& text) { return id<Tag>::parse(text); }
};
template <>
struct path_codec<std::string> {
  static std::optional<std::string> parse(const std::string& text) { return text; }
};
/// Of contracts whose ids are numbers.
template <>
struct path_codec<std::int64_t> {
  static std::optional<std::int64_t> parse(const std::string& text) {
    std::int64_t n = 0;
    const auto end = text.data() + text.size();
    const auto r = std::from_chars(text.data(), end, n);
    return r.ec == std::errc{} && r.ptr == end ? std::optional(n) : std::nullopt;
  }
};

/// A path parameter as an argument of a handler: `in_path<"review_id", review_id> review`. The name must stand in the
/// route's pattern, and every name in the pattern must have its argument, or the route is refused when it is declared.
/// A text that is no T answers exactly like a T nobody has: with `Unknown()`, or with the `not_found(T)` of T's area.
template <wire::literal Name, class T, fault (*Unknown)() = nullptr>
struct in_path {
  using type = T;
  T value;

  /// As in the pattern, and read from the decoded segment.
  static constexpr std::string_view name() { return Name.view(); }
  static result<in_path> read(const std::string& text) {
    if (auto v = path_codec<T>::parse(text)) return in_path{std::move(*v)};
    if constexpr (Unknown != nullptr)
      return Unknown();
    else if constexpr (std::is_same_v<T, std::string>)
      return fault{fault_kind::internal, "INTERNAL_ERROR", "A text cannot be unknown."};
    else
      return not_found(T{});
  }
  operator const T&() const noexcept { return value; }  // NOLINT: it stands for its value
  const T& operator*() const noexcept { return value; }
  const T* operator->() const noexcept { return &value; }
};

template <class T>
struct path_traits : std::false_type {};
template <wire::literal Name, class T, fault (*Unknown)()>
struct path_traits<in_path<Name, T, Unknown>> : std::true_type {};

/// The names between the braces of a pattern, in order; `{path...}` is `path`.
std::vector<std::string> names_in_pattern(std::string_view pattern);
/// Throws std::logic_error unless the pattern's names are these, each once, in whatever order.
void check_pattern(std::string_view pattern, const std::vector<std::string_view>& names);

}  // namespace stoa
