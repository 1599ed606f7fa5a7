#include "runtime/security/normalize.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <stdexcept>

#include "stoa/text.hpp"

namespace stoa::runtime {
namespace {

using instance = const icu::Normalizer2* (*)(UErrorCode&);

bool ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// `text` is well-formed.
std::string normalized(std::string_view text, instance form) {
  UErrorCode status = U_ZERO_ERROR;
  std::string out;
  icu::StringByteSink<std::string> sink{&out};
  const auto* normalizer = form(status);
  if (U_SUCCESS(status))
    normalizer->normalizeUTF8(0, icu::StringPiece{text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr,
                              status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
  return out;
}

const icu::Normalizer2* nfc(UErrorCode& s) { return icu::Normalizer2::getNFCInstance(s); }
const icu::Normalizer2* nfkc(UErrorCode& s) { return icu::Normalizer2::getNFKCInstance(s); }
const icu::Normalizer2* nfkc_folded(UErrorCode& s) { return icu::Normalizer2::getNFKCCasefoldInstance(s); }

std::string lower_ascii(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// Whether `test` holds for every code point of a well-formed text.
template <class Test>
bool all_code_points(std::string_view text, Test test) {
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (!test(c)) return false;
  }
  return true;
}

/// Letters, marks, digits: what a word of any script is made of.
bool word(UChar32 c) {
  constexpr auto mask = U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK;
  return (U_GET_GC_MASK(c) & mask) != 0;
}

bool local_character(UChar32 c) {
  if (c < 0x80) {
    const char a = static_cast<char>(c);
    return (a >= 'a' && a <= 'z') || (a >= 'A' && a <= 'Z') || (a >= '0' && a <= '9') ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(a) != std::string_view::npos;
  }
  return u_isgraph(c);
}

/// No empty piece between, before or behind the dots.
bool well_dotted(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos;
}

bool valid_host(std::string_view host) {
  if (!well_dotted(host)) return false;
  if (host.find('.') == std::string_view::npos && ascii(host)) return false;
  std::string_view last;
  for (std::size_t at = 0; at <= host.size();) {
    const auto end = std::min(host.find('.', at), host.size());
    last = host.substr(at, end - at);
    if (last.front() == '-' || last.back() == '-' || code_points(last) > 63) return false;
    if (!all_code_points(last, [](UChar32 c) { return c == '-' || word(c); })) return false;
    at = end + 1;
  }
  // A last label of digits is an address of a machine.
  return !std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

// The full stop of ideographic input methods: IDNA reads it as a dot.
std::string plain_dots(std::string_view text) {
  constexpr std::string_view ideographic = "\xE3\x80\x82";
  std::string out;
  for (auto at = text.find(ideographic); at != text.npos; at = text.find(ideographic)) {
    out.append(text.substr(0, at)).push_back('.');
    text.remove_prefix(at + ideographic.size());
  }
  return out.append(text);
}

std::string_view trim_unicode(std::string_view text) {
  const auto size = static_cast<std::int32_t>(text.size());
  std::int32_t begin = 0;
  for (std::int32_t at = 0; at < size; begin = at) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (!u_isUWhiteSpace(c)) break;
  }
  std::int32_t end = size;
  for (std::int32_t at = size; at > begin; end = at) {
    UChar32 c;
    U8_PREV(text.data(), 0, at, c);
    if (!u_isUWhiteSpace(c)) break;
  }
  return text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

}  // namespace

std::optional<std::string> fold_identifier(std::string_view text) {
  if (!valid_utf8(text)) return std::nullopt;
  return ascii(text) ? lower_ascii(text) : normalized(text, nfkc_folded);
}

std::optional<std::string> normalize_email(std::string_view text) {
  // Longer than any form of a good address; keeps the work on hostile input small.
  if (text.size() > 2048) return std::nullopt;
  if (!valid_utf8(text)) return std::nullopt;
  text = trim_unicode(text);
  if (has_control(text)) return std::nullopt;
  auto folded = fold_identifier(text);
  if (!folded || folded->size() > 254) return std::nullopt;
  const auto at = folded->find('@');
  if (at == std::string::npos || folded->find('@', at + 1) != std::string::npos) return std::nullopt;
  const auto host = plain_dots(std::string_view{*folded}.substr(at + 1));
  folded->resize(at);
  if (!well_dotted(*folded) || code_points(*folded) > 64 || !all_code_points(*folded, local_character))
    return std::nullopt;
  if (!valid_host(host)) return std::nullopt;
  *folded += '@';
  *folded += host;
  return folded;
}

std::optional<std::string> normalize_username(std::string_view text) {
  if (text.size() > 2048 || !valid_utf8(text)) return std::nullopt;
  text = trim_unicode(text);
  auto name = ascii(text) ? std::string{text} : normalized(text, nfkc);
  const auto length = code_points(name);
  if (length < 1 || length > 150) return std::nullopt;
  const auto allowed = [](UChar32 c) {
    if (c < 0x80 && !word(c)) return c == '@' || c == '.' || c == '+' || c == '-' || c == '_';
    return word(c);
  };
  if (!all_code_points(name, allowed)) return std::nullopt;
  return name;
}

std::optional<std::string> normalize_name(std::string_view text, std::size_t max_length) {
  if (!valid_utf8(text) || text.size() > 16 * max_length + 1024) return std::nullopt;
  text = trim_unicode(text);
  if (has_control(text)) return std::nullopt;
  auto name = ascii(text) ? std::string{text} : normalized(text, nfc);
  if (code_points(name) > max_length) return std::nullopt;
  return name;
}

}  // namespace stoa::runtime
