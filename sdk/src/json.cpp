#include "stoa/json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "stoa/text.hpp"

namespace stoa {

/// Takes the reader's events and builds the value; a stack, so that depth costs no call frames.
class json_builder {
 public:
  explicit json_builder(json::limits l) : limits_(l) {}

  bool Null() { return add(json{}); }
  bool Bool(bool b) { return add(json::boolean(b)); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    // Without an exponent and below 300 characters every number fits a double.
    if (n > 300 || text.find_first_of("eE") != text.npos) {
      double d = 0;
      const auto [end, bad] = std::from_chars(s, s + n, d);
      if (bad != std::errc{} || end != s + n) return refuse("a number is out of range");
    }
    return add(json::number(std::string(text)));
  }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    // The bytes were checked as a whole; an escaped lone surrogate shows only now.
    if (!valid_utf8(text)) return refuse("a string is not valid Unicode");
    if (text.find('\0') != text.npos) return refuse_nul();
    return add(json::string(std::string(text)));
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    if (!valid_utf8(text)) return refuse("a key is not valid Unicode");
    if (text.find('\0') != text.npos) {
      stack_.back().members_.emplace_back(std::string(text.substr(0, text.find('\0'))), json{});
      return refuse_nul();
    }
    stack_.back().members_.emplace_back(std::string(text), json{});
    return true;
  }
  bool StartObject() { return open(json::type::object); }
  bool StartArray() { return open(json::type::array); }
  bool EndObject(rapidjson::SizeType) {
    if (has_duplicates(stack_.back().members_)) return refuse("an object has a key twice");
    return close();
  }
  bool EndArray(rapidjson::SizeType) { return close(); }

  const char* reason() const noexcept { return reason_; }
  /// Where U+0000 stands.
  const std::optional<std::string>& nul() const noexcept { return nul_; }
  json take() { return std::move(root_); }

 private:
  bool refuse(const char* why) {
    reason_ = why;
    return false;
  }
  /// No database can hold it, and no text of ours has a use for it.
  bool refuse_nul() {
    std::string path;
    for (const auto& parent : stack_) {
      if (!path.empty()) path += '.';
      path += parent.type_ == json::type::object ? parent.members_.back().first : std::to_string(parent.items_.size());
    }
    nul_ = std::move(path);
    return false;
  }
  bool count() { return ++values_ <= limits_.values || refuse("there are too many values"); }
  bool open(json::type t) {
    if (stack_.size() >= limits_.depth) return refuse("it is nested too deeply");
    if (!count()) return false;
    stack_.emplace_back();
    stack_.back().type_ = t;
    return true;
  }
  bool close() {
    json done = std::move(stack_.back());
    stack_.pop_back();
    place(std::move(done));
    return true;
  }
  bool add(json v) {
    if (!count()) return false;
    place(std::move(v));
    return true;
  }
  void place(json v) {
    if (stack_.empty()) {
      root_ = std::move(v);
      return;
    }
    json& parent = stack_.back();
    if (parent.type_ == json::type::object)
      parent.members_.back().second = std::move(v);
    else
      parent.items_.push_back(std::move(v));
  }
  static bool has_duplicates(const std::vector<json::member>& members) {
    if (members.size() <= 16) {
      for (std::size_t i = 1; i < members.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
          if (members[i].first == members[k].first) return true;
      return false;
    }
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& m : members) names.push_back(m.first);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }

  json::limits limits_;
  std::size_t values_ = 0;
  const char* reason_ = nullptr;
  std::optional<std::string> nul_;
  std::vector<json> stack_;
  json root_;
};

namespace {

fault malformed(std::string_view why, std::size_t offset) {
  return {fault_kind::malformed, "MALFORMED_JSON",
          "The body is not valid JSON at byte " + std::to_string(offset) + ": " + std::string(why)};
}

std::optional<double> real_of(const std::string& text) {
  double d = 0;
  const char* end = text.data() + text.size();
  const auto [at, bad] = std::from_chars(text.data(), end, d);
  if (bad != std::errc{} || at != end || !std::isfinite(d)) return std::nullopt;
  return d;
}

}  // namespace

result<json> json::parse(std::string_view text, limits l) {
  if (!valid_utf8(text)) return malformed("the text is not UTF-8.", 0);
  rapidjson::MemoryStream in(text.data(), text.size());
  rapidjson::Reader reader;
  json_builder builder(l);
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const auto r = reader.Parse<flags>(in, builder);
  if (r.IsError()) {
    if (builder.nul()) {
      std::vector<field_error> where{
          {*builder.nul(), "This value contains characters that are not allowed.", "characters"}};
      return fault::invalid(std::move(where));
    }
    if (builder.reason()) return malformed(std::string(builder.reason()) + ".", r.Offset());
    return malformed(rapidjson::GetParseError_En(r.Code()), r.Offset());
  }
  return builder.take();
}

json json::boolean(bool b) {
  json v;
  v.type_ = type::boolean;
  v.flag_ = b;
  return v;
}

json json::number(std::string text) {
  json v;
  v.type_ = type::number;
  v.text_ = std::move(text);
  return v;
}

json json::string(std::string text) {
  json v;
  v.type_ = type::string;
  v.text_ = std::move(text);
  return v;
}

json json::from_text(std::string text) {
  json v = string(std::move(text));
  v.loose_ = true;
  return v;
}

json json::array(std::vector<json> items) {
  json v;
  v.type_ = type::array;
  v.items_ = std::move(items);
  return v;
}

json json::object(std::vector<member> members) {
  json v;
  v.type_ = type::object;
  v.members_ = std::move(members);
  return v;
}

std::optional<bool> json::truth() const noexcept {
  if (type_ == type::boolean) return flag_;
  if (!loose_) return std::nullopt;
  if (text_ == "1") return true;
  if (text_ == "0") return false;
  if (text_.size() == 4 && ascii_lower(text_) == "true") return true;
  if (text_.size() == 5 && ascii_lower(text_) == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> json::as_integer() const {
  if ((type_ != type::number && !loose_) || text_.empty()) return std::nullopt;
  std::string_view text = text_;
  // `5.0` is whole: zeros behind the point say nothing. In a query nobody writes 5 as `5.0` or `5e0`.
  if (const auto point = text.find('.'); !loose_ && point != text.npos && point > 0 && point + 1 < text.size() &&
                                         text.find_first_not_of('0', point + 1) == text.npos)
    text = text.substr(0, point);
  std::int64_t n = 0;
  const char* end = text.data() + text.size();
  const auto [at, bad] = std::from_chars(text.data(), end, n);
  if (bad == std::errc{} && at == end) return n;
  if (bad != std::errc{} || loose_ || text.find_first_of("eE") == text.npos) return std::nullopt;
  const auto d = real_of(text_);
  if (!d || std::abs(*d) > 9007199254740992.0 || std::floor(*d) != *d) return std::nullopt;
  return static_cast<std::int64_t>(*d);
}

std::optional<double> json::as_real() const {
  if (type_ != type::number && !loose_) return std::nullopt;
  return real_of(text_);
}

const json* json::find(std::string_view name) const noexcept {
  for (const auto& m : members_)
    if (m.first == name) return &m.second;
  return nullptr;
}

std::string json::dump() const {
  struct frame {
    const json* value;
    std::size_t next;
  };
  json_writer w;
  std::vector<frame> open;
  const auto write = [&](const json& v) {
    switch (v.type_) {
      case type::null:
        return w.null();
      case type::boolean:
        return w.boolean(v.flag_);
      case type::number:
        return w.raw(v.text_);
      case type::string:
        return w.string(v.text_);
      case type::array:
        w.begin_array();
        break;
      case type::object:
        w.begin_object();
        break;
    }
    open.push_back({&v, 0});
  };
  write(*this);
  while (!open.empty()) {
    const json& v = *open.back().value;
    const std::size_t i = open.back().next++;
    if (v.type_ == type::array) {
      if (i < v.items_.size()) {
        write(v.items_[i]);
        continue;
      }
      w.end_array();
    } else {
      if (i < v.members_.size()) {
        w.key(v.members_[i].first);
        write(v.members_[i].second);
        continue;
      }
      w.end_object();
    }
    open.pop_back();
  }
  return w.take();
}

// -- writer
// ------------------------------------------------------------------------------------------------------------

namespace {

/// Bytes that cannot stand in a string as they are.
struct escapes {
  bool needed[256] = {};
  constexpr escapes() {
    for (int c = 0; c < 0x20; ++c) needed[c] = true;
    needed[static_cast<unsigned char>('"')] = true;
    needed[static_cast<unsigned char>('\\')] = true;
  }
};
constexpr escapes escape_table;

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!escape_table.needed[c]) continue;
    out.append(text, from, i - from);
    from = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        out.push_back(static_cast<char>(c));
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      default: {
        constexpr char hex[] = "0123456789abcdef";
        out.append("u00");
        out.push_back(hex[c >> 4]);
        out.push_back(hex[c & 15]);
      }
    }
  }
  out.append(text, from, text.size() - from);
  out.push_back('"');
}

void json_writer::separate() {
  if (!fresh_) out_.push_back(',');
  fresh_ = false;
}

void json_writer::begin_hole() {
  if (!fresh_) out_.push_back(',');
  fresh_ = true;
  holes_.push_back({out_.size(), 0});
}

void json_writer::end_hole() {
  holes_.back().size = out_.size() - holes_.back().from;
  fresh_ = false;
}

void json_writer::splice(std::string_view text) {
  out_.append(text);
  fresh_ = true;
}

void json_writer::begin_object() {
  separate();
  out_.push_back('{');
  fresh_ = true;
}

void json_writer::end_object() {
  out_.push_back('}');
  fresh_ = false;
}

void json_writer::begin_array() {
  separate();
  out_.push_back('[');
  fresh_ = true;
}

void json_writer::end_array() {
  out_.push_back(']');
  fresh_ = false;
}

void json_writer::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  fresh_ = true;
}

void json_writer::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
}

void json_writer::integer(std::int64_t n) {
  separate();
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, n).ptr;
  out_.append(buffer, end);
}

void json_writer::real(double d) {
  if (!std::isfinite(d)) return null();
  separate();
  char buffer[64];
  const double size = std::abs(d);
  const auto end = size == 0 ? (buffer[0] = '0', buffer + 1)
                   : size >= 1e-7 && size < 1e17
                       ? std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::fixed).ptr
                       : std::to_chars(buffer, buffer + sizeof buffer, d).ptr;
  out_.append(buffer, end);
}

void json_writer::boolean(bool b) {
  separate();
  out_.append(b ? "true" : "false");
}

void json_writer::null() {
  separate();
  out_.append("null");
}

void json_writer::raw(std::string_view encoded) {
  separate();
  out_.append(encoded);
}

}  // namespace stoa
