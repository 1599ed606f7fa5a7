// The wire: plain structs described once (Boost.Describe) are decoded, validated, encoded and documented from that.
//
//   struct add_item { course_id course; };
//   BOOST_DESCRIBE_STRUCT(add_item, (), (course))
//
// Constraints are types: text<1, 255>, email_text, whole<1, 5>, choice<"asc", "desc">, list_of<T, 0, 20>.
// A std::optional member may be absent or null; every other member is required.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/json.hpp"
#include "stoa/money.hpp"
#include "stoa/text.hpp"
#include "stoa/time.hpp"
#include "stoa/wire_codec.hpp"
#include "stoa/wire_types.hpp"

namespace stoa::wire {

// -- codecs of what holds other values

template <class T>
struct codec<std::optional<T>> {
  static void decode(const json& in, const std::string& field, std::optional<T>& out, problems& bad) {
    if (in.is_null()) return out.reset();
    wire::decode(in, field, out.emplace(), bad);
  }
  static void encode(json_writer& w, const std::optional<T>& v) {
    if (v)
      wire::encode(w, *v);
    else
      w.null();
  }
  static void schema(json_writer& w, schema_registry& r) {
    w.begin_object();
    w.key("anyOf");
    w.begin_array();
    wire::schema<T>(w, r);
    detail::simple_schema(w, "null");
    w.end_array();
    w.end_object();
  }
};

template <class T>
struct codec<change<T>> {
  static void decode(const json& in, const std::string& field, change<T>& out, problems& bad) {
    out.present = true;
    codec<std::optional<T>>::decode(in, field, out.value, bad);
  }
  static void schema(json_writer& w, schema_registry& r) { codec<std::optional<T>>::schema(w, r); }
};

template <class T>
struct codec<std::vector<T>> {
  static void decode(const json& in, const std::string& field, std::vector<T>& out, problems& bad) {
    if (!in.is_array()) return bad.add(field, "Expected a list of items.", "type");
    out.clear();
    out.reserve(in.items().size());
    for (std::size_t i = 0; i < in.items().size(); ++i) {
      T item{};
      wire::decode(in.items()[i], field + "." + std::to_string(i), item, bad);
      out.push_back(std::move(item));
    }
  }
  static void encode(json_writer& w, const std::vector<T>& v) {
    w.begin_array();
    for (const auto& item : v) wire::encode(w, item);
    w.end_array();
  }
  static void schema(json_writer& w, schema_registry& r) {
    w.begin_object();
    w.key("type"), w.string("array");
    w.key("items"), wire::schema<T>(w, r);
    w.end_object();
  }
};

template <class T, std::size_t Min, std::size_t Max>
struct codec<list_of<T, Min, Max>> {
  static void decode(const json& in, const std::string& field, list_of<T, Min, Max>& out, problems& bad) {
    if (in.is_array() && (in.items().size() < Min || in.items().size() > Max))
      return bad.add(field, "Give from " + std::to_string(Min) + " to " + std::to_string(Max) + " items.", "length");
    codec<std::vector<T>>::decode(in, field, out, bad);
  }
  static void encode(json_writer& w, const list_of<T, Min, Max>& v) { codec<std::vector<T>>::encode(w, v); }
  static void schema(json_writer& w, schema_registry& r) {
    w.begin_object();
    w.key("type"), w.string("array");
    w.key("items"), wire::schema<T>(w, r);
    w.key("minItems"), w.integer(Min);
    w.key("maxItems"), w.integer(Max);
    w.end_object();
  }
};

template <class T>
struct codec<std::map<std::string, T>> {
  static void encode(json_writer& w, const std::map<std::string, T>& v) {
    w.begin_object();
    for (const auto& [name, item] : v) w.key(name), wire::encode(w, item);
    w.end_object();
  }
  static void schema(json_writer& w, schema_registry& r) {
    w.begin_object();
    w.key("type"), w.string("object");
    w.key("additionalProperties"), wire::schema<T>(w, r);
    w.end_object();
  }
};

template <described T>
struct codec<T> {
  using members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

  static void decode(const json& in, const std::string& field, T& out, problems& bad) {
    if (!in.is_object()) return bad.add(field, "Expected an object.", "type");
    boost::mp11::mp_for_each<members>([&](auto m) {
      using member = std::remove_cvref_t<decltype(out.*m.pointer)>;
      const std::string name = field.empty() ? std::string(m.name) : field + "." + m.name;
      const json* value = in.find(m.name);
      if (value && (!value->is_null() || optional_traits<member>::value))
        wire::decode(*value, name, out.*m.pointer, bad);
      else if (!optional_traits<member>::value)
        bad.add(name, value ? "This field may not be null." : "This field is required.", "required");
    });
  }
  static void encode(json_writer& w, const T& v) {
    w.begin_object();
    boost::mp11::mp_for_each<members>([&](auto m) {
      w.key(m.name);
      wire::encode(w, v.*m.pointer);
    });
    w.end_object();
  }
  static void schema(json_writer& w, schema_registry& r) {
    const std::string name = type_name<T>();
    if (!r.components.contains(name)) {
      r.components[name];  // stands there before its members are written, so that a type may hold itself
      json_writer own;
      own.begin_object();
      own.key("type"), own.string("object");
      std::vector<std::string_view> required;
      own.key("properties");
      own.begin_object();
      boost::mp11::mp_for_each<members>([&](auto m) {
        using member = std::remove_cvref_t<decltype(std::declval<T&>().*m.pointer)>;
        own.key(m.name);
        wire::schema<member>(own, r);
        if (!optional_traits<member>::value) required.push_back(m.name);
      });
      own.end_object();
      if (!required.empty()) {
        own.key("required");
        own.begin_array();
        for (auto n : required) own.string(n);
        own.end_array();
      }
      own.end_object();
      r.components[name] = own.take();
    }
    w.begin_object();
    w.key("$ref"), w.string("#/components/schemas/" + name);
    w.end_object();
  }
};

/// Decodes and validates a whole body; the fault lists every field that is wrong.
template <class T>
result<T> read(const json& body) {
  T out{};
  problems bad;
  wire::decode(body, "", out, bad);
  if (!bad.empty()) return fault::invalid(bad.take());
  return out;
}

/// The JSON text of a value.
template <class T>
std::string write(const T& v) {
  json_writer w;
  wire::encode(w, v);
  return w.take();
}

}  // namespace stoa::wire
