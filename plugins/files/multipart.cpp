#include "multipart.hpp"

#include <utility>

#include "stoa/text.hpp"

namespace stoa_plugin::files {

using stoa::fault;
using stoa::fault_kind;
using stoa::result;

namespace {

constexpr std::size_t largest_head = 8 * 1024;

fault malformed(const char* why) { return {fault_kind::malformed, "MALFORMED_FORM", why}; }

bool is_token(char c) {
  return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

/// `token / quoted-string` from the front of `text`, in a form's own escapes: browsers write a quote as %22 or \", and
/// a backslash that escapes nothing is part of a path.
std::optional<std::string> parameter_value(std::string_view& text) {
  std::string out;
  if (text.empty() || text.front() != '"') {
    while (!text.empty() && is_token(text.front())) out.push_back(text.front()), text.remove_prefix(1);
    return out.empty() ? std::nullopt : std::optional(std::move(out));
  }
  text.remove_prefix(1);
  for (;;) {
    if (text.empty()) return std::nullopt;
    char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return out;
    if (c == '\\' && !text.empty() && (text.front() == '"' || text.front() == '\\')) {
      c = text.front();
      text.remove_prefix(1);
    }
    out.push_back(c);
  }
}

struct field_value {
  std::string first;  ///< in lower case
  std::vector<std::pair<std::string, std::string>> parameters;

  const std::string* find(std::string_view name) const {
    for (const auto& [n, v] : parameters)
      if (n == name) return &v;
    return nullptr;
  }
};

/// `form-data; name="file"`; nullopt where it is broken or says a parameter twice.
std::optional<field_value> read_field(std::string_view text) {
  field_value out;
  const auto semicolon = text.find(';');
  out.first = stoa::ascii_lower(stoa::trim(text.substr(0, semicolon)));
  text = semicolon == text.npos ? std::string_view{} : text.substr(semicolon);
  while (!(text = stoa::trim(text)).empty()) {
    if (text.front() != ';') return std::nullopt;
    text = stoa::trim(text.substr(1));
    if (text.empty()) break;
    std::string name;
    while (!text.empty() && is_token(text.front())) name.push_back(text.front()), text.remove_prefix(1);
    if (name.empty() || text.empty() || text.front() != '=') return std::nullopt;
    text.remove_prefix(1);
    auto value = parameter_value(text);
    name = stoa::ascii_lower(name);
    if (!value || out.find(name)) return std::nullopt;
    out.parameters.emplace_back(std::move(name), std::move(*value));
  }
  return out;
}

/// The escapes with which browsers write a file's name.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto three = std::string_view(text).substr(i, 3);
    const char c = three == "%22"                     ? '"'
                   : three == "%0D" || three == "%0d" ? '\r'
                   : three == "%0A" || three == "%0a" ? '\n'
                                                      : 0;
    out.push_back(c ? c : text[i]);
    if (c) i += 2;
  }
  return out;
}

result<form_part> read_part(std::string_view text) {
  // A part without any field begins with the empty line.
  const auto end = text.starts_with("\r\n") ? 0 : text.find("\r\n\r\n");
  if (end == text.npos || end > largest_head) return malformed("A part of the form has no end of its header.");
  auto head = text.substr(0, end);
  form_part part;
  part.content = text.substr(end + (end == 0 ? 2 : 4));
  bool named = false;
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0 || line.find('\0') != line.npos)
      return malformed("A part of the form has a broken header.");
    const auto name = stoa::ascii_lower(stoa::trim(line.substr(0, colon)));
    const auto value = stoa::trim(line.substr(colon + 1));
    if (name == "content-disposition") {
      const auto field = read_field(value);
      const auto* called = field ? field->find("name") : nullptr;
      if (named || !called || field->first != "form-data") return malformed("A part of the form has no name.");
      named = true;
      part.name = unescaped(*called);
      if (const auto* file = field->find("filename")) part.filename = unescaped(*file);
    } else if (name == "content-type") {
      const auto field = read_field(value);
      if (!field) return malformed("A part of the form has a broken content type.");
      part.content_type = field->first;
    } else if (name == "content-transfer-encoding" && stoa::ascii_lower(value) != "binary" &&
               stoa::ascii_lower(value) != "8bit" && stoa::ascii_lower(value) != "7bit") {
      return malformed("Parts of the form are taken as they are, without an encoding.");
    }
  }
  if (!named) return malformed("A part of the form has no name.");
  return part;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  const auto field = read_field(content_type);
  if (!field || field->first != "multipart/form-data") return std::nullopt;
  const auto* boundary = field->find("boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70 || boundary->back() == ' ') return std::nullopt;
  for (const char c : *boundary) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && std::string_view("'()+_,-./:=? ").find(c) == std::string_view::npos) return std::nullopt;
  }
  return *boundary;
}

result<std::vector<form_part>> form_parts(std::string_view body, std::string_view boundary, std::size_t most) {
  const std::string line = "--" + std::string(boundary);
  std::vector<form_part> out;
  // What stands before the first boundary is nobody's.
  std::size_t at = 0;
  if (!body.starts_with(line)) {
    at = body.find("\r\n" + line);
    if (at == body.npos) return malformed("The form has no boundary.");
    at += 2;
  }
  for (;;) {
    auto rest = body.substr(at + line.size());
    if (rest.starts_with("--")) break;
    const auto blanks = rest.find_first_not_of(" \t");
    if (blanks == rest.npos || !rest.substr(blanks).starts_with("\r\n"))
      return malformed("A boundary of the form is broken.");
    rest.remove_prefix(blanks + 2);
    // The line end before a boundary belongs to it, so that a part may end where its header does.
    const auto end = rest.find("\r\n" + line);
    if (end == rest.npos) return malformed("The form does not end.");
    if (out.size() == most) return malformed("The form has too many parts.");
    auto part = read_part(rest.substr(0, end));
    if (!part) return std::move(part).refusal();
    out.push_back(std::move(part).value());
    at = static_cast<std::size_t>(rest.data() - body.data()) + end + 2;
  }
  return out;
}

}  // namespace stoa_plugin::files
