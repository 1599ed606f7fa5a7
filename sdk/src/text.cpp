#include "stoa/text.hpp"

#include <cstdint>
#include <cstring>

namespace stoa {
namespace {

bool blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct range {
  char32_t first, last;
};

/// Unicode's white space, its default ignorable code points, and the blank of Braille.
constexpr range unseen[] = {
    {0x0000, 0x0020}, {0x007F, 0x00A0},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C}, {0x115F, 0x1160},
    {0x1680, 0x1680}, {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F}, {0x205F, 0x206F},
    {0x2800, 0x2800}, {0x3000, 0x3000},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool seen(char32_t c) noexcept {
  for (const auto& r : unseen)
    if (c <= r.last) return c < r.first;
  return true;
}

}  // namespace

bool valid_utf8(std::string_view text) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    // Most text is ASCII: eight bytes at a time while it is.
    while (end - p >= 8) {
      std::uint64_t word;
      std::memcpy(&word, p, 8);
      if ((word & 0x8080808080808080ull) != 0) break;
      p += 8;
    }
    if (p == end) break;
    const unsigned char lead = *p;
    if (lead < 0x80) {
      ++p;
      continue;
    }
    int more;
    unsigned char low = 0x80, high = 0xBF;  // bounds of the second byte
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (end - p <= more || p[1] < low || p[1] > high) return false;
    for (int i = 2; i <= more; ++i)
      if (p[i] < 0x80 || p[i] > 0xBF) return false;
    p += more + 1;
  }
  return true;
}

std::size_t code_points(std::string_view text) noexcept {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

bool has_control(std::string_view text, bool line_breaks) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20) {
      if (!line_breaks || (c != '\t' && c != '\n' && c != '\r')) return true;
    } else if (c == 0x7F) {
      return true;
    } else if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool shows_something(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead > 0x20 && lead < 0x7F) return true;
    char32_t c = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1F : lead < 0xF0 ? lead & 0x0F : lead & 0x07;
    for (; i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80; ++i)
      c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    if (seen(c)) return true;
  }
  return false;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

bool looks_like_email(std::string_view text) noexcept {
  const auto at = text.find('@');
  if (text.size() > 254 || at == text.npos || at == 0 || at > 64 || text.find('@', at + 1) != text.npos) return false;
  if (!valid_utf8(text) || has_control(text)) return false;
  for (const char c : text)
    if (c == ' ' || c == '"' || c == '<' || c == '>' || c == ',' || c == ';' || c == '(' || c == ')') return false;
  const auto local = text.substr(0, at), host = text.substr(at + 1);
  if (local.front() == '.' || local.back() == '.' || local.find("..") != local.npos) return false;
  if (host.empty() || host.front() == '.' || host.back() == '.' || host.front() == '-') return false;
  if (host.find("..") != host.npos) return false;
  bool wide = false;
  for (const char c : host) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain =
        (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u == '-' || u == '.';
    wide = wide || u >= 0x80;
    if (!plain && u < 0x80) return false;
  }
  return wide || host.find('.') != host.npos;
}

bool looks_like_http_url(std::string_view text) noexcept {
  if (text.size() > 2048 || !valid_utf8(text) || has_control(text)) return false;
  std::string_view rest;
  if (text.starts_with("https://"))
    rest = text.substr(8);
  else if (text.starts_with("http://"))
    rest = text.substr(7);
  else
    return false;
  if (rest.find_first_of(" \"<>\\^`{}|") != rest.npos) return false;
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  return !authority.empty() && authority.find('@') == authority.npos && authority.front() != ':';
}

}  // namespace stoa
