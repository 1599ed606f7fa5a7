#include "file_rules.hpp"

#include <algorithm>

#include "stoa/http_text.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::files {

using stoa::fault;
using stoa::fault_kind;
using stoa::result;

namespace {

constexpr std::size_t longest_name = 255;

/// U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: they make `gpj.exe` look like `exe.jpg`.
bool turns_direction(std::string_view three) {
  if (!three.starts_with("\xE2")) return false;
  const auto b = static_cast<unsigned char>(three[1]), c = static_cast<unsigned char>(three[2]);
  return (b == 0x80 && (c == 0x8E || c == 0x8F || (c >= 0xAA && c <= 0xAE))) || (b == 0x81 && c >= 0xA6 && c <= 0xA9);
}

std::string extension_of(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == name.npos || dot == 0) return {};
  const auto ext = stoa::ascii_lower(name.substr(dot + 1));
  const bool plain = !ext.empty() && ext.size() <= 10 && std::all_of(ext.begin(), ext.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  return plain ? "." + ext : std::string();
}

bool is_zip_based(std::string_view type) {
  return type.starts_with("application/vnd.openxmlformats-officedocument.") ||
         type.starts_with("application/vnd.oasis.opendocument.") || type == "application/epub+zip";
}

/// What libmagic calls texts: it guesses languages from a few words. Markup that a browser would run is none of them.
bool is_plain_text(std::string_view type) {
  if (type == "text/html" || type == "text/xml") return false;
  return type.starts_with("text/") || type == "application/json" || type == "application/csv" ||
         type == "application/x-ndjson" || type == "application/javascript" || type == "message/rfc822";
}

bool names_text(std::string_view type) {
  return type == "text/plain" || type == "text/csv" || type == "text/markdown" || type == "application/json" ||
         type == "text/vtt";
}

/// Whether bytes that look like `sniffed` may be what `declared` says.
bool agrees(std::string_view declared, std::string_view sniffed) {
  if (declared == sniffed) return true;
  if (sniffed == "application/zip") return is_zip_based(declared) || declared == "application/x-zip-compressed";
  if (is_plain_text(sniffed)) return names_text(declared);
  static constexpr std::pair<std::string_view, std::string_view> same[] = {
      {"audio/mp3", "audio/mpeg"},      {"audio/wav", "audio/x-wav"},
      {"audio/wave", "audio/x-wav"},    {"audio/mp4", "audio/x-m4a"},
      {"audio/mp4", "video/mp4"},       {"audio/ogg", "application/ogg"},
      {"video/ogg", "application/ogg"}, {"audio/webm", "video/webm"},
      {"image/jpg", "image/jpeg"},      {"audio/x-m4a", "video/mp4"},
      {"video/mp4", "video/x-m4v"},     {"application/rtf", "text/rtf"},
      {"audio/flac", "audio/x-flac"},   {"application/gzip", "application/x-gzip"},
  };
  return std::any_of(std::begin(same), std::end(same),
                     [&](const auto& p) { return p.first == declared && p.second == sniffed; });
}

bool listed(const std::vector<std::string>& all, std::string_view type) {
  return std::find(all.begin(), all.end(), type) != all.end();
}

}  // namespace

fault unknown_file() { return {fault_kind::not_found, "FILE_NOT_FOUND", "The requested file does not exist."}; }

std::string safe_filename(std::string_view sent) {
  if (const auto slash = sent.find_last_of("/\\"); slash != sent.npos) sent.remove_prefix(slash + 1);
  if (!stoa::valid_utf8(sent)) return "file";
  std::string out;
  for (std::size_t i = 0; i < sent.size();) {
    const auto lead = static_cast<unsigned char>(sent[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const auto one = sent.substr(i, length);
    i += length;
    if (stoa::has_control(one) || (length == 3 && turns_direction(one))) continue;
    out.append(one);
  }
  std::string_view name = stoa::trim(out);
  while (!name.empty() && (name.front() == '.' || name.front() == ' ')) name.remove_prefix(1);
  if (!stoa::shows_something(name)) return "file";
  if (name.size() <= longest_name) return std::string(name);
  // The extension says what it is, so the front gives way.
  const auto ext = extension_of(name);
  auto front = name.substr(0, longest_name - ext.size());
  while (!stoa::valid_utf8(front)) front.remove_suffix(1);
  return std::string(front) + ext;
}

std::string stored_filename(std::string_view safe_name, std::string_view random) {
  return std::string(random) + extension_of(safe_name);
}

std::string attachment(std::string_view safe_name) {
  std::string ascii;
  bool plain = true;
  for (const char c : safe_name) {
    const auto u = static_cast<unsigned char>(c);
    // A percent sign in the plain form is taken for an escape by some clients.
    const bool shown = u >= 0x20 && u < 0x7f && c != '"' && c != '\\' && c != '%';
    plain = plain && shown;
    if ((u & 0xC0) != 0x80) ascii.push_back(shown ? c : '_');
  }
  auto out = "attachment; filename=\"" + ascii + "\"";
  if (!plain) out += "; filename*=UTF-8''" + stoa::http::percent_encoded(safe_name, "!#$&+^`|");
  return out;
}

result<std::string> settled_type(std::string_view declared, std::string_view sniffed,
                                 const std::vector<std::string>& allowed) {
  const bool nothing_said = declared.empty() || declared == "application/octet-stream";
  const auto type = stoa::ascii_lower(nothing_said ? sniffed : declared);
  if (!nothing_said && !agrees(type, sniffed))
    return fault(fault_kind::unsupported_media, "FILE_TYPE_MISMATCH", "The file is not what its content type says.");
  if (listed(allowed, type)) return type;
  // A text that libmagic takes for a programming language's is a text.
  if (nothing_said && is_plain_text(type) && listed(allowed, "text/plain")) return std::string("text/plain");
  return fault(fault_kind::unsupported_media, "FILE_TYPE_NOT_ALLOWED", "Files of this type are not accepted.");
}

}  // namespace stoa_plugin::files
