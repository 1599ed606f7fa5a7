// The wire: plain structs described once (Boost.Describe) are decoded, validated, encoded and documented from that.
//
//   struct add_item { course_id course; };
//   BOOST_DESCRIBE_STRUCT(add_item, (), (course))
//
// Constraints are types: text<1, 255>, email_text, whole<1, 5>, choice<"asc", "desc">, list_of<T, 0, 20>.
// A std::optional member may be absent or null, which is the same: good for what is made. What is changed says what
// null means: change<T>, emptiable<T>, or given<T>, which refuses it. Every other member is required.
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
struct codec<given<T>> {
  static void decode(const json& in, const std::string& field, given<T>& out, problems& bad) {
    if (in.is_null()) return bad.add(field, "This field may not be null.", "required");
    wire::decode(in, field, out.emplace(), bad);
  }
  static void schema(json_writer& w, schema_registry& r) { wire::schema<T>(w, r); }
};

template <class T>
struct codec<emptiable<T>> {
  static void decode(const json& in, const std::string& field, emptiable<T>& out, problems& bad) {
    auto& value = out.emplace();
    if (!in.is_null()) wire::decode(in, field, value, bad);
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

/// What the rules say of a whole body can be told together with what is wrong with its members: by a `void
/// check_members(const T&, problems&)` beside T, which is called whether or not all of them could be read. It passes
/// over fields that were complained about already.
template <class T>
concept checks_members = requires(const T& in, problems& bad) {
  check_members(in, bad);
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
    if constexpr (checks_members<T>) {
      if (field.empty()) check_members(out, bad);
    }
  }
  static void encode(json_writer& w, const T& v) {
    w.begin_object();
    encode_members(w, v);
    w.end_object();
  }
  /// The members alone, without braces.
  static void encode_members(json_writer& w, const T& v) {
    boost::mp11::mp_for_each<members>([&](auto m) {
      using member = std::remove_cvref_t<decltype(v.*m.pointer)>;
      if constexpr (hole_traits<member>::value) {
        w.begin_hole();
        codec<std::remove_cvref_t<decltype((v.*m.pointer).value)>>::encode_members(w, (v.*m.pointer).value);
        w.end_hole();
      } else {
        w.key(m.name);
        wire::encode(w, v.*m.pointer);
      }
    });
  }
  static void schema(json_writer& w, schema_registry& r) {
    const std::string name = r.name(full_type_name<T>(), &type_mark<T>, type_name<T>());
    if (!r.components.contains(name)) {
      r.components[name];  // stands there before its members are written, so that a type may hold itself
      json_writer own;
      own.begin_object();
      own.key("type"), own.string("object");
      std::vector<std::string_view> required;
      own.key("properties");
      own.begin_object();
      schema_members(own, r, required);
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
  static void schema_members(json_writer& own, schema_registry& r, std::vector<std::string_view>& required) {
    boost::mp11::mp_for_each<members>([&](auto m) {
      using member = std::remove_cvref_t<decltype(std::declval<T&>().*m.pointer)>;
      if constexpr (hole_traits<member>::value) {
        codec<decltype(member::value)>::schema_members(own, r, required);
      } else {
        own.key(m.name);
        wire::schema<member>(own, r);
        if (!optional_traits<member>::value) required.push_back(m.name);
      }
    });
  }
};

namespace detail {

template <class T>
inline constexpr bool plain_optional = false;
template <class T>
inline constexpr bool plain_optional<std::optional<T>> = true;

}  // namespace detail

/// Whether null for some member would be the same as absence, and a change of it a success without an effect.
template <class T>
constexpr bool silent_about_null() {
  bool found = false;
  if constexpr (described<T>)
    boost::mp11::mp_for_each<typename codec<T>::members>([&](auto m) {
      found = found || detail::plain_optional<std::remove_cvref_t<decltype(std::declval<T&>().*m.pointer)>>;
    });
  return found;
}

/// The members of a value as text without braces: what fits into a hole of its type.
template <class T>
std::string members_of(const T& v) {
  json_writer w;
  codec<T>::encode_members(w, v);
  return w.take();
}

namespace detail {

template <class To, class From>
void put_same(To& to, const From& from);

template <class T>
struct vector_traits : std::false_type {};
template <class T>
struct vector_traits<std::vector<T>> : std::true_type {};

/// Fills the members of `to` whose names stand in `from`, save `Except`.
template <literal... Except, class To, class From>
void fill_same(To& to, const From& from) {
  namespace bd = boost::describe;
  constexpr auto every = bd::mod_public | bd::mod_inherited;
  boost::mp11::mp_for_each<bd::describe_members<To, every>>([&](auto target) {
    boost::mp11::mp_for_each<bd::describe_members<From, every>>([&](auto source) {
      using into = std::remove_cvref_t<decltype(target)>;
      using out_of = std::remove_cvref_t<decltype(source)>;
      if constexpr (std::string_view(into::name) == std::string_view(out_of::name) &&
                    ((std::string_view(into::name) != Except.view()) && ...))
        put_same(to.*target.pointer, from.*source.pointer);
    });
  });
}

template <class To, class From>
void put_same(To& to, const From& from) {
  if constexpr (std::is_assignable_v<To&, const From&>) {
    to = from;
  } else if constexpr (optional_traits<From>::value) {
    if (from) put_same(to, *from);
  } else if constexpr (std::is_enum_v<From>) {
    to = name_of(from);
  } else if constexpr (vector_traits<To>::value && vector_traits<From>::value) {
    to.clear();
    to.reserve(from.size());
    for (const auto& one : from) put_same(to.emplace_back(), one);
  } else {
    static_assert(described<To> && described<From>, "members of one name that do not go into one another");
    fill_same(to, from);
  }
}

}  // namespace detail

/// A view with the members that have the same name in the domain struct; others keep their defaults. Both are described
/// structs; a member that is one itself is filled the same way, and so are lists of them; an enumerator goes into a
/// text by its name_of. What has the name but needs other words is left to the caller: `same_named<user_out,
/// "id">(account)`; without that it does not compile.
template <class View, literal... Except, class Domain>
View same_named(const Domain& from) {
  static_assert(described<View> && described<Domain>);
  View out{};
  detail::fill_same<Except...>(out, from);
  return out;
}

/// Decodes and validates a whole body; the fault lists every field that is wrong.
template <class T>
result<T> read(const json& body) {
  T out{};
  problems bad;
  wire::decode(body, "", out, bad);
  if (!bad.empty()) return fault::invalid(bad.take());
  return out;
}

/// The JSON text of a value that many share, and where somebody's own belongs: the wire::hole members in it, in order.
struct holed_text {
  std::string text;
  std::vector<json_writer::hole> holes;
};
template <class T>
holed_text write_with_holes(const T& v) {
  json_writer w;
  wire::encode(w, v);
  holed_text out;
  out.holes = w.holes();
  out.text = w.take();
  return out;
}

/// A shared text with other blocks in some of its holes. Fill them in their order.
class filled_text {
 public:
  /// `shared` outlives this.
  explicit filled_text(std::string_view shared) : shared_(shared) {}
  template <class Block>
  void put(const json_writer::hole& where, const Block& own) {
    if (!out_) out_.emplace(shared_.size() + 64);
    out_->splice(shared_.substr(done_, where.from - done_));
    codec<Block>::encode_members(*out_, own);
    done_ = where.from + where.size;
  }
  bool untouched() const noexcept { return !out_; }
  std::string take() {
    if (!out_) return std::string(shared_);
    out_->splice(shared_.substr(done_));
    return out_->take();
  }

 private:
  std::string_view shared_;
  std::optional<json_writer> out_;
  std::size_t done_ = 0;
};

/// The JSON text of a value.
template <class T>
std::string write(const T& v) {
  json_writer w;
  wire::encode(w, v);
  return w.take();
}

}  // namespace stoa::wire
