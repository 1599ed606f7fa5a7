// JSON: a strict reader that keeps numbers exact, and a writer. RFC 8259.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/result.hpp"

namespace stoa {

/// A parsed JSON value. Numbers keep their text, so 89.99 stays 89.99. Members keep their order.
class json {
 public:
  enum class type { null, boolean, number, string, array, object };
  using member = std::pair<std::string, json>;

  /// Bounds of what the reader accepts.
  struct limits {
    std::size_t depth = 32;
    std::size_t values = 100'000;
  };

  json() = default;

  /// Reads one document. Malformed or truncated text, invalid UTF-8, duplicate keys, numbers out of any range, too many
  /// or too deeply nested values are `malformed` faults with the code `MALFORMED_JSON` that name the byte offset.
  /// U+0000, in whatever string or key, is an `invalid` fault that names the field.
  static result<json> parse(std::string_view text, limits l);
  static result<json> parse(std::string_view text) { return parse(text, limits{}); }

  static json boolean(bool b);
  static json number(std::string text);
  static json string(std::string text);
  /// A string that stands for whatever its text says, as query parameters do: it also reads as a number or a boolean.
  static json from_text(std::string text);
  static json array(std::vector<json> items);
  static json object(std::vector<member> members);

  /// What it is; the questions below are shorter.
  type kind() const noexcept { return type_; }
  bool is_null() const noexcept { return type_ == type::null; }
  bool is_string() const noexcept { return type_ == type::string; }
  bool is_number() const noexcept { return type_ == type::number; }
  bool is_object() const noexcept { return type_ == type::object; }
  bool is_array() const noexcept { return type_ == type::array; }
  bool is_boolean() const noexcept { return type_ == type::boolean; }

  /// Of a boolean; false for everything else.
  bool as_boolean() const noexcept { return flag_; }
  /// The boolean, also one that came as text (`true`, `1`, `false`, `0`); nullopt for anything else.
  std::optional<bool> truth() const noexcept;
  /// The characters of a string, or the text of a number.
  const std::string& text() const noexcept { return text_; }
  /// The number as a whole one; nullopt for other types, fractions and overflow. `5.0` counts as 5.
  /// Both read text that came by from_text as well.
  std::optional<std::int64_t> as_integer() const;
  /// The number; nullopt for other types.
  std::optional<double> as_real() const;
  /// The elements of an array, none for other types. The reference lives as long as this value.
  const std::vector<json>& items() const& noexcept { return items_; }
  /// The members of an object in the order of the text, none for other types.
  const std::vector<member>& members() const& noexcept { return members_; }
  /// Of a temporary: by value, so that a loop over them may outlive it.
  std::vector<json> items() && noexcept { return std::move(items_); }
  std::vector<member> members() && noexcept { return std::move(members_); }
  /// The member of that name, or null where there is none or this is no object.
  const json* find(std::string_view name) const noexcept;

  /// The text of this value, without white space.
  std::string dump() const;

 private:
  friend class json_builder;
  type type_ = type::null;
  bool flag_ = false;
  bool loose_ = false;  ///< made by from_text
  std::string text_;
  std::vector<json> items_;
  std::vector<member> members_;
};

/// Writes JSON into a string it owns. Calls must form a valid document; commas are the writer's business.
/// Strings must be UTF-8.
class json_writer {
 public:
  json_writer() : json_writer(512) {}
  /// For a text of about so many bytes.
  explicit json_writer(std::size_t expected) { out_.reserve(expected); }

  /// Containers: between them keys and values, or values.
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  /// The name of the next value; only in an object.
  void key(std::string_view name);
  /// Escaped as needed; copied.
  void string(std::string_view text);
  /// All digits, also beyond 2^53.
  void integer(std::int64_t n);
  /// The shortest text that reads back the same; never an exponent for ordinary magnitudes; NaN and infinities are
  /// null.
  void real(double d);
  void boolean(bool b);
  void null();
  /// Text that already is JSON: an exact decimal, an encoded fragment.
  void raw(std::string_view encoded);

  /// A place in the text that another text of the same kind may stand in: what was written between begin_hole() and
  /// end_hole(), which is one value or whole members, without the comma before it.
  struct hole {
    std::size_t from = 0;
    std::size_t size = 0;
  };
  void begin_hole();
  void end_hole();
  /// In the order of the text.
  const std::vector<hole>& holes() const noexcept { return holes_; }

  /// Appends text of another document as it stands, up to a place where a hole begins: what comes next is written
  /// without a comma before it.
  void splice(std::string_view text);

  /// The text so far; lives as long as the writer.
  const std::string& str() const noexcept { return out_; }
  /// The text; the writer is of no use afterwards.
  std::string take() { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  std::vector<hole> holes_;
  bool fresh_ = true;  ///< nothing stands yet at this place: no comma before the next value
};

/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace stoa
