// The wire's codecs: what each is made of, and those of single values.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "stoa/fault.hpp"
#include "stoa/ids.hpp"
#include "stoa/json.hpp"
#include "stoa/money.hpp"
#include "stoa/text.hpp"
#include "stoa/time.hpp"
#include "stoa/wire_types.hpp"

namespace stoa {
struct page_envelope;
}

namespace stoa::wire {

// -- errors

/// Collects what is wrong, with dotted field names.
class problems {
 public:
  void add(std::string field, std::string message, std::string rule) {
    if (errors_.size() < 50) errors_.push_back({std::move(field), std::move(message), std::move(rule)});
  }
  bool empty() const noexcept { return errors_.empty(); }
  /// Whether something was said of that field.
  bool about(std::string_view field) const noexcept {
    for (const auto& e : errors_)
      if (e.field == field) return true;
    return false;
  }
  std::vector<field_error> take() { return std::move(errors_); }

 private:
  std::vector<field_error> errors_;
};

// -- what types are

template <class T>
concept described = boost::describe::has_describe_members<T>::value;

template <class T>
struct optional_traits : std::false_type {};
template <class T>
struct optional_traits<std::optional<T>> : std::true_type {};
template <class T>
struct optional_traits<change<T>> : std::true_type {};
template <class T>
struct optional_traits<given<T>> : std::true_type {};
template <class T>
struct optional_traits<emptiable<T>> : std::true_type {};
template <literal Default, literal... Words>
struct optional_traits<word_or<Default, Words...>> : std::true_type {};
template <literal Default, literal... Words>
struct optional_traits<word_for_rules<Default, Words...>> : std::true_type {};

template <class T>
struct hole_traits : std::false_type {};
template <class Block>
struct hole_traits<hole<Block>> : std::true_type {};

/// What tells types apart that have one name: those in unnamed namespaces of different files.
template <class T>
inline constexpr char type_mark = 0;

/// Where OpenAPI component schemas collect, by qualified names: `<dialect>.<area>.<struct>`.
class schema_registry {
 public:
  std::map<std::string, std::string> components;
  std::string dialect, area;                   ///< of the route whose schemas are written
  const stoa::page_envelope* pages = nullptr;  ///< the dialect's; null: plain_pages()

  /// The component's name of a type; the area is that of the first route that shows it. `full` is the compiler's name
  /// of the type, `mark` its type_mark. Throws std::logic_error where another type of the area has the same name.
  const std::string& name(const std::string& full, const void* mark, const std::string& own);

 private:
  struct known {
    std::string full;
    const void* mark;
  };
  std::map<std::string, std::string> names_;  // by full name, with the mark where the full name is not enough
  std::map<std::string, known> owners_;       // by component name
};

/// The compiler's name of a type, with its namespaces.
template <class T>
std::string full_type_name() {
  std::string_view all = __PRETTY_FUNCTION__;  // ... [with T = stoa::shop::cart_item; std::string = ...]
  auto from = all.find("T = ");
  all.remove_prefix(from == all.npos ? 0 : from + 4);
  return std::string(all.substr(0, all.find_first_of(";]")));
}

/// The unqualified name of a described struct.
template <class T>
std::string type_name() {
  std::string_view all = __PRETTY_FUNCTION__;  // ... [with T = stoa::shop::cart_item; std::string = ...]
  auto from = all.find("T = ");
  all.remove_prefix(from == all.npos ? 0 : from + 4);
  all = all.substr(0, all.find_first_of(";]"));
  if (auto angle = all.find('<'); angle != all.npos) {
    std::string inner(all.substr(angle + 1));
    std::string outer(all.substr(0, angle));
    auto last = [](std::string s) {
      while (!s.empty() && (s.back() == '>' || s.back() == ' ')) s.pop_back();
      auto at = s.rfind("::");
      return at == s.npos ? s : s.substr(at + 2);
    };
    return last(outer) + "_of_" + last(inner);
  }
  auto at = all.rfind("::");
  return std::string(at == all.npos ? all : all.substr(at + 2));
}

// -- codec: one specialization a type; decode, encode, schema

template <class T>
struct codec;

template <class T>
void decode(const json& in, const std::string& field, T& out, problems& bad) {
  codec<T>::decode(in, field, out, bad);
}
template <class T>
void encode(json_writer& w, const T& v) {
  codec<T>::encode(w, v);
}
template <class T>
void schema(json_writer& w, schema_registry& r) {
  codec<T>::schema(w, r);
}

namespace detail {

/// `{"type": t, "format": f}` plus whatever `more` writes.
inline void simple_schema(json_writer& w, std::string_view type, std::string_view format = {}) {
  w.begin_object();
  w.key("type");
  w.string(type);
  if (!format.empty()) {
    w.key("format");
    w.string(format);
  }
  w.end_object();
}

/// Reads a string and checks the things every string must keep: its type and the absence of controls.
bool read_text(const json& in, const std::string& field, std::string& out, problems& bad, bool trim = true);
void check_length(const std::string& text, std::size_t min, std::size_t max, const std::string& field, problems& bad);

}  // namespace detail

template <>
struct codec<std::string> {
  static void decode(const json& in, const std::string& field, std::string& out, problems& bad) {
    if (detail::read_text(in, field, out, bad)) detail::check_length(out, 0, 10'000, field, bad);
  }
  static void encode(json_writer& w, const std::string& v) { w.string(v); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "string"); }
};

template <std::size_t Min, std::size_t Max>
struct codec<text<Min, Max>> {
  static void decode(const json& in, const std::string& field, text<Min, Max>& out, problems& bad) {
    if (detail::read_text(in, field, out, bad)) detail::check_length(out, Min, Max, field, bad);
  }
  static void encode(json_writer& w, const std::string& v) { w.string(v); }
  static void schema(json_writer& w, schema_registry&) {
    w.begin_object();
    w.key("type"), w.string("string");
    if (Min > 0) w.key("minLength"), w.integer(Min);
    w.key("maxLength"), w.integer(Max);
    w.end_object();
  }
};

template <std::size_t Max>
struct codec<verbatim<Max>> {
  static void decode(const json& in, const std::string& field, verbatim<Max>& out, problems& bad) {
    if (!in.is_string()) return bad.add(field, "This value must be a string.", "type");
    if (in.text().size() > Max) return bad.add(field, "This value is too long.", "length");
    static_cast<std::string&>(out) = in.text();
  }
  static void encode(json_writer& w, const std::string& v) { w.string(v); }
  static void schema(json_writer& w, schema_registry&) {
    w.begin_object();
    w.key("type"), w.string("string");
    w.key("maxLength"), w.integer(Max);
    w.end_object();
  }
};

template <>
struct codec<email_text> {
  static void decode(const json& in, const std::string& field, email_text& out, problems& bad) {
    if (detail::read_text(in, field, out, bad) && !looks_like_email(out))
      bad.add(field, "Enter a valid email address.", "email");
  }
  static void encode(json_writer& w, const std::string& v) { w.string(v); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "string", "email"); }
};

template <>
struct codec<url_text> {
  static void decode(const json& in, const std::string& field, url_text& out, problems& bad) {
    if (detail::read_text(in, field, out, bad) && !out.empty() && !looks_like_http_url(out))
      bad.add(field, "Enter a valid http or https URL.", "url");
  }
  static void encode(json_writer& w, const std::string& v) { w.string(v); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "string", "uri"); }
};

template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) struct codec<T> {
  static void decode(const json& in, const std::string& field, T& out, problems& bad) {
    auto n = in.as_integer();
    if (!n || static_cast<std::int64_t>(static_cast<T>(*n)) != *n)
      return bad.add(field, "A valid integer is required.", "type");
    out = static_cast<T>(*n);
  }
  static void encode(json_writer& w, const T& v) { w.integer(static_cast<std::int64_t>(v)); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "integer"); }
};

template <std::int64_t Min, std::int64_t Max>
struct codec<whole<Min, Max>> {
  static void decode(const json& in, const std::string& field, whole<Min, Max>& out, problems& bad) {
    auto n = in.as_integer();
    if (!n) return bad.add(field, "A valid integer is required.", "type");
    if (*n < Min || *n > Max)
      return bad.add(field, "Ensure this value is between " + std::to_string(Min) + " and " + std::to_string(Max) + ".",
                     "range");
    out.value = *n;
  }
  static void encode(json_writer& w, const whole<Min, Max>& v) { w.integer(v.value); }
  static void schema(json_writer& w, schema_registry&) {
    w.begin_object();
    w.key("type"), w.string("integer");
    w.key("minimum"), w.integer(Min);
    w.key("maximum"), w.integer(Max);
    w.end_object();
  }
};

template <>
struct codec<bool> {
  static void decode(const json& in, const std::string& field, bool& out, problems& bad) {
    auto b = in.truth();
    if (!b) return bad.add(field, "Must be a valid boolean.", "type");
    out = *b;
  }
  static void encode(json_writer& w, bool v) { w.boolean(v); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "boolean"); }
};

template <>
struct codec<double> {
  static void decode(const json& in, const std::string& field, double& out, problems& bad) {
    auto d = in.as_real();
    if (!d) return bad.add(field, "A valid number is required.", "type");
    out = *d;
  }
  static void encode(json_writer& w, double v) { w.real(v); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "number"); }
};

template <int Digits>
struct codec<rounded<Digits>> {
  static void encode(json_writer& w, const rounded<Digits>& v) {
    double scale = 1;
    for (int i = 0; i < Digits; ++i) scale *= 10;
    w.real(static_cast<double>(static_cast<std::int64_t>(v.value * scale + 0.5 + 1e-9)) / scale);
  }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "number"); }
};

template <>
struct codec<decimal> {
  static void decode(const json& in, const std::string& field, decimal& out, problems& bad) {
    // Clients send prices as numbers and, out of caution, as strings: both are exact here.
    auto minor = in.is_number() || in.is_string() ? parse_decimal(in.text()) : std::nullopt;
    if (!minor || *minor > 99'999'999'99)
      return bad.add(field, "Enter an amount from 0 to 99999999.99 with at most two decimal places.", "money");
    out.minor = *minor;
  }
  static void encode(json_writer& w, const decimal& v) { w.raw(decimal_text(v.minor)); }
  static void schema(json_writer& w, schema_registry&) {
    // No `multipleOf`: validators divide in floating point, where 89.99 is no multiple of 0.01.
    detail::simple_schema(w, "number");
  }
};

template <>
struct codec<raw_json> {
  static void encode(json_writer& w, const raw_json& v) { w.raw(v.encoded); }
  static void schema(json_writer& w, schema_registry&) { w.raw("{}"); }
};

template <>
struct codec<timestamp> {
  static void decode(const json& in, const std::string& field, timestamp& out, problems& bad) {
    auto t = in.is_string() ? parse_rfc3339(in.text()) : std::nullopt;
    if (!t) return bad.add(field, "Enter a date and time such as 2026-01-27T16:05:00Z.", "datetime");
    out = *t;
  }
  static void encode(json_writer& w, const timestamp& v) { w.string(rfc3339(v)); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "string", "date-time"); }
};

template <>
struct codec<date> {
  static void decode(const json& in, const std::string& field, date& out, problems& bad) {
    auto d = in.is_string() ? parse_iso_date(in.text()) : std::nullopt;
    if (!d) return bad.add(field, "Enter a date such as 2026-01-27.", "date");
    out = *d;
  }
  static void encode(json_writer& w, const date& v) { w.string(iso_date(v)); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "string", "date"); }
};

template <class Tag>
struct codec<id<Tag>> {
  static void decode(const json& in, const std::string& field, id<Tag>& out, problems& bad) {
    auto v = in.is_string() ? id<Tag>::parse(in.text()) : std::nullopt;
    if (!v) return bad.add(field, "Must be a valid UUID.", "uuid");
    out = *v;
  }
  static void encode(json_writer& w, const id<Tag>& v) { w.string(v.str()); }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "string", "uuid"); }
};

template <literal... Words>
struct codec<choice<Words...>> {
  static void decode(const json& in, const std::string& field, choice<Words...>& out, problems& bad) {
    const std::string wanted = in.is_string() ? ascii_lower(in.text()) : std::string();
    bool found = false;
    ((!found && ascii_lower(Words.view()) == wanted && (found = true, out.assign(Words.view()), true)), ...);
    if (found) return;
    std::string all;
    ((all += (all.empty() ? "" : ", ") + std::string(Words.view())), ...);
    bad.add(field, "Must be one of: " + all + ".", "choice");
  }
  static void encode(json_writer& w, const std::string& v) { w.string(v); }
  static void schema(json_writer& w, schema_registry&) {
    w.begin_object();
    w.key("type"), w.string("string");
    w.key("enum");
    w.begin_array();
    (w.string(Words.view()), ...);
    w.end_array();
    w.end_object();
  }
};

namespace detail {

template <literal... Words>
void word_schema(json_writer& w, std::string_view otherwise) {
  w.begin_object();
  w.key("type"), w.string("string");
  w.key("enum");
  w.begin_array();
  (w.string(Words.view()), ...);
  w.end_array();
  w.key("default"), w.string(otherwise);
  w.end_object();
}

}  // namespace detail

template <literal Default, literal... Words>
struct codec<word_or<Default, Words...>> {
  static void decode(const json& in, const std::string& field, word_or<Default, Words...>& out, problems& bad) {
    wire::decode(in, field, out.value, bad);
  }
  static void schema(json_writer& w, schema_registry&) { detail::word_schema<Words...>(w, Default.view()); }
};

template <literal Default, literal... Words>
struct codec<word_for_rules<Default, Words...>> {
  static void decode(const json& in, const std::string& field, std::string& out, problems& bad) {
    wire::decode(in, field, out, bad);
  }
  static void schema(json_writer& w, schema_registry&) { detail::word_schema<Words...>(w, Default.view()); }
};

}  // namespace stoa::wire
