// How many bytes a value holds: what budgets of memory are counted in.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stoa {

template <class T>
std::size_t heap_of(const T& v);

namespace detail {

/// A node of a map beside its element: links, colour or hash, and the allocator's own.
inline constexpr std::size_t map_node = 48;

inline std::size_t heap_bytes(const std::string& s) { return s.capacity() > 15 ? s.capacity() + 1 : 0; }
template <class T>
std::size_t heap_bytes(const std::vector<T>& v) {
  std::size_t n = v.capacity() * sizeof(T);
  if constexpr (!std::is_arithmetic_v<T>)
    for (const auto& item : v) n += heap_of(item);
  return n;
}
template <class T>
std::size_t heap_bytes(const std::optional<T>& v) {
  return v ? heap_of(*v) : 0;
}
template <class A, class B>
std::size_t heap_bytes(const std::pair<A, B>& v) {
  return heap_of(v.first) + heap_of(v.second);
}
template <class T, std::size_t N>
std::size_t heap_bytes(const std::array<T, N>& v) {
  std::size_t n = 0;
  for (const auto& item : v) n += heap_of(item);
  return n;
}
template <class Map>
std::size_t heap_of_nodes(const Map& m) {
  std::size_t n = 0;
  for (const auto& item : m) n += sizeof(item) + map_node + heap_of(item);
  return n;
}
template <class Key, class T>
std::size_t heap_bytes(const std::map<Key, T>& m) {
  return heap_of_nodes(m);
}
template <class Key, class T>
std::size_t heap_bytes(const std::unordered_map<Key, T>& m) {
  return heap_of_nodes(m) + m.bucket_count() * sizeof(void*);
}

}  // namespace detail

/// The bytes that a value holds outside itself: of strings, containers and described structs of such; 0 for all else.
template <class T>
std::size_t heap_of(const T& v) {
  if constexpr (requires { detail::heap_bytes(v); }) {
    return detail::heap_bytes(v);
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    using members =
        boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;
    std::size_t n = 0;
    boost::mp11::mp_for_each<members>([&](auto m) { n += heap_of(v.*m.pointer); });
    return n;
  } else {
    return 0;
  }
}

/// The bytes that a value holds, itself included.
template <class T>
std::size_t footprint(const T& v) {
  return sizeof(T) + heap_of(v);
}

}  // namespace stoa
