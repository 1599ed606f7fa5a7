// Identities: UUIDv7 (RFC 9562, section 5.7) and ids that cannot be mixed up.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stoa {

/// 128 bits, network order. A value type; the default is the nil UUID.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const uuid&) const = default;
  /// All bits zero: nobody's.
  bool is_nil() const noexcept { return *this == uuid{}; }

  /// Lower case, 36 characters with dashes.
  std::string str() const;
  /// Accepts the 36-character form only, in either case. Anything else is nullopt.
  static std::optional<uuid> parse(std::string_view text) noexcept;
  /// Version 7 from the given Unix time in milliseconds and the kernel's random bytes.
  /// Ids made later in one process sort later, also within one millisecond.
  static uuid make_v7(std::int64_t unix_ms);
  /// Version 7 from the system's clock.
  static uuid make_v7();
  /// A stable id derived from a name (version 8: SHA-256 of it); the demo data uses it.
  static uuid from_name(std::string_view name);
};

/// An identity of one kind of entity: `course_id` does not convert to `user_id`.
template <class Tag>
struct id {
  uuid value;

  id() = default;
  /// Takes the UUID as it is.
  explicit id(uuid v) : value(v) {}

  auto operator<=>(const id&) const = default;
  /// All bits zero: nobody's.
  bool is_nil() const noexcept { return value.is_nil(); }
  /// Lower case, 36 characters.
  std::string str() const { return value.str(); }

  /// A new one, version 7: later ones sort later.
  static id make() { return id{uuid::make_v7()}; }
  /// As uuid::parse.
  static std::optional<id> parse(std::string_view text) noexcept {
    auto v = uuid::parse(text);
    if (!v) return std::nullopt;
    return id{*v};
  }
};

using user_id = id<struct user_tag>;
using session_id = id<struct session_tag>;
using course_id = id<struct course_tag>;
using section_id = id<struct section_tag>;
using lesson_id = id<struct lesson_tag>;
using category_id = id<struct category_tag>;
using review_id = id<struct review_tag>;
using cart_item_id = id<struct cart_item_tag>;
using wishlist_item_id = id<struct wishlist_item_tag>;
using order_id = id<struct order_tag>;
using order_item_id = id<struct order_item_tag>;
using enrollment_id = id<struct enrollment_tag>;
using notification_id = id<struct notification_tag>;
using event_id = id<struct event_tag>;

}  // namespace stoa

template <>
struct std::hash<stoa::uuid> {
  std::size_t operator()(const stoa::uuid& u) const noexcept {
    // The tail of a version 7 id is random: eight bytes of it are a hash already.
    std::uint64_t h;
    std::memcpy(&h, u.bytes.data() + 8, 8);
    return h * 0x9E3779B97F4A7C15ull;
  }
};

template <class Tag>
struct std::hash<stoa::id<Tag>> {
  std::size_t operator()(const stoa::id<Tag>& i) const noexcept { return std::hash<stoa::uuid>{}(i.value); }
};
