// Described structs as bytes: how commands and replies leave the process, and come back.
//
// A struct is its length and its members in order. A reader that knows fewer members passes over the rest, one that
// knows more leaves those at their defaults: two versions that only append members understand each other. Pointers have
// no form here: a command or reply that holds one does not compile.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/result.hpp"

namespace stoa::packed {

/// What is left of the bytes; `broken` once and for all when they do not fit.
class reader {
 public:
  explicit reader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number() {
    std::uint64_t n = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto b = take(1);
      if (b.empty()) return 0;
      n |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(b[0]) & 0x7F) << shift;
      if (!(static_cast<std::uint8_t>(b[0]) & 0x80)) return n;
    }
    broken_ = true;
    return 0;
  }
  std::string_view take(std::uint64_t n) {
    if (broken_ || n > left_.size()) {
      broken_ = true;
      return {};
    }
    const auto out = left_.substr(0, n);
    left_.remove_prefix(n);
    return out;
  }
  void fail() noexcept { broken_ = true; }
  bool ok() const noexcept { return !broken_; }
  bool at_end() const noexcept { return broken_ || left_.empty(); }
  /// A count of elements that each take a byte at least: no more than there are bytes.
  std::uint64_t count() {
    const auto n = number();
    if (n > left_.size()) broken_ = true;
    return broken_ ? 0 : n;
  }

 private:
  std::string_view left_;
  bool broken_ = false;
};

inline void put_number(std::string& out, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>((n & 0x7F) | 0x80));
  out.push_back(static_cast<char>(n));
}

/// One specialization a type: `put` appends, `get` reads.
template <class T>
struct codec;

template <class T>
void put(std::string& out, const T& v) {
  codec<T>::put(out, v);
}
template <class T>
void get(reader& in, T& v) {
  codec<T>::get(in, v);
}

/// The bytes of a value.
template <class T>
std::string pack(const T& v) {
  std::string out;
  put(out, v);
  return out;
}
/// The value of bytes that are one, whole; nullopt for anything else.
template <class T>
std::optional<T> unpack(std::string_view bytes) {
  reader in(bytes);
  T v{};
  get(in, v);
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return v;
}

template <class T>
requires(std::is_integral_v<T> || std::is_enum_v<T>) struct codec<T> {
  static void put(std::string& out, T v) {
    // Zigzag: small numbers of either sign are short.
    const auto n = static_cast<std::int64_t>(v);
    put_number(out, (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63));
  }
  static void get(reader& in, T& v) {
    const auto n = in.number();
    v = static_cast<T>(static_cast<std::int64_t>((n >> 1) ^ (~(n & 1) + 1)));
  }
};

template <>
struct codec<double> {
  static void put(std::string& out, double v) {
    const auto bits = std::bit_cast<std::uint64_t>(v);
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(bits >> (8 * i)));
  }
  static void get(reader& in, double& v) {
    std::uint64_t bits = 0;
    const auto b = in.take(8);
    for (std::size_t i = 0; i < b.size(); ++i) bits |= std::uint64_t{static_cast<std::uint8_t>(b[i])} << (8 * i);
    v = std::bit_cast<double>(bits);
  }
};

template <>
struct codec<std::string> {
  static void put(std::string& out, const std::string& v) {
    put_number(out, v.size());
    out += v;
  }
  static void get(reader& in, std::string& v) { v = std::string(in.take(in.number())); }
};

template <>
struct codec<uuid> {
  static void put(std::string& out, const uuid& v) {
    out.append(reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size());
  }
  static void get(reader& in, uuid& v) {
    const auto b = in.take(v.bytes.size());
    if (!b.empty()) std::memcpy(v.bytes.data(), b.data(), b.size());
  }
};

template <class Tag>
struct codec<id<Tag>> {
  static void put(std::string& out, const id<Tag>& v) { packed::put(out, v.value); }
  static void get(reader& in, id<Tag>& v) { packed::get(in, v.value); }
};

template <class Rep, class Period>
struct codec<std::chrono::duration<Rep, Period>> {
  static void put(std::string& out, std::chrono::duration<Rep, Period> v) { packed::put(out, v.count()); }
  static void get(reader& in, std::chrono::duration<Rep, Period>& v) {
    Rep count{};
    packed::get(in, count);
    v = std::chrono::duration<Rep, Period>(count);
  }
};

template <class Clock, class Duration>
struct codec<std::chrono::time_point<Clock, Duration>> {
  static void put(std::string& out, std::chrono::time_point<Clock, Duration> v) {
    packed::put(out, v.time_since_epoch());
  }
  static void get(reader& in, std::chrono::time_point<Clock, Duration>& v) {
    Duration since{};
    packed::get(in, since);
    v = std::chrono::time_point<Clock, Duration>(since);
  }
};

template <class T>
struct codec<std::optional<T>> {
  static void put(std::string& out, const std::optional<T>& v) {
    packed::put(out, v.has_value());
    if (v) packed::put(out, *v);
  }
  static void get(reader& in, std::optional<T>& v) {
    bool there = false;
    packed::get(in, there);
    v.reset();
    if (there) packed::get(in, v.emplace());
  }
};

template <class A, class B>
struct codec<std::pair<A, B>> {
  static void put(std::string& out, const std::pair<A, B>& v) {
    packed::put(out, v.first);
    packed::put(out, v.second);
  }
  static void get(reader& in, std::pair<A, B>& v) {
    packed::get(in, v.first);
    packed::get(in, v.second);
  }
};

template <class T>
struct codec<std::vector<T>> {
  static void put(std::string& out, const std::vector<T>& v) {
    put_number(out, v.size());
    for (const auto& item : v) packed::put(out, item);
  }
  static void get(reader& in, std::vector<T>& v) {
    v.clear();
    for (auto n = in.count(); n > 0 && in.ok(); --n) packed::get(in, v.emplace_back());
  }
};

template <class T, std::size_t N>
struct codec<std::array<T, N>> {
  static void put(std::string& out, const std::array<T, N>& v) {
    for (const auto& item : v) packed::put(out, item);
  }
  static void get(reader& in, std::array<T, N>& v) {
    for (auto& item : v) packed::get(in, item);
  }
};

/// In the order of the keys, so that equal maps have equal bytes.
template <class Key, class T>
struct codec<std::unordered_map<Key, T>> {
  static void put(std::string& out, const std::unordered_map<Key, T>& v) {
    put_number(out, v.size());
    for (const auto& [key, item] : std::map<Key, T>(v.begin(), v.end())) {
      packed::put(out, key);
      packed::put(out, item);
    }
  }
  static void get(reader& in, std::unordered_map<Key, T>& v) {
    v.clear();
    for (auto n = in.count(); n > 0 && in.ok(); --n) {
      Key key{};
      packed::get(in, key);
      packed::get(in, v[key]);
    }
  }
};

template <class T>
requires(boost::describe::has_describe_members<T>::value) struct codec<T> {
  using members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
  static_assert(boost::mp11::mp_size<boost::describe::describe_bases<T, boost::describe::mod_any_access>>::value == 0);

  static void put(std::string& out, const T& v) {
    std::string inner;
    boost::mp11::mp_for_each<members>([&](auto m) { packed::put(inner, v.*m.pointer); });
    put_number(out, inner.size());
    out += inner;
  }
  static void get(reader& in, T& v) {
    reader inner(in.take(in.number()));
    if (!in.ok()) return;
    boost::mp11::mp_for_each<members>([&](auto m) {
      if (!inner.at_end()) packed::get(inner, v.*m.pointer);
    });
    if (!inner.ok()) in.fail();
  }
};

template <class T>
struct codec<result<T>> {
  static void put(std::string& out, const result<T>& v) {
    packed::put(out, v.ok());
    if (v.ok())
      packed::put(out, v.value());
    else
      packed::put(out, v.refusal());
  }
  static void get(reader& in, result<T>& v) {
    bool good = false;
    packed::get(in, good);
    if (good) {
      T value{};
      packed::get(in, value);
      v = std::move(value);
    } else {
      fault f;
      packed::get(in, f);
      v = std::move(f);
    }
  }
};

}  // namespace stoa::packed
