#include "runtime/security/normalize.hpp"

#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <memory>
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

bool ignorable(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT); }

/// A well-formed text without what nobody sees, and then without blanks at its ends.
std::string visible_part(std::string_view text) {
  if (ascii(text)) return std::string(trim_unicode(text));
  std::string out;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0, begin = 0; at < size; begin = at) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (!ignorable(c)) out.append(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin)));
  }
  return std::string(trim_unicode(out));
}

/// The host with every label converted that can be; the others as they are.
std::string converted(std::string_view host, bool to_unicode) {
  static const auto idna = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::IDNA> made{
        icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE, status)};
    if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
    return made;
  }();
  std::string out;
  for (std::size_t at = 0; at <= host.size();) {
    const auto end = std::min(host.find('.', at), host.size());
    const auto label = host.substr(at, end - at);
    std::string other;
    icu::StringByteSink<std::string> sink{&other};
    icu::IDNAInfo info;
    UErrorCode status = U_ZERO_ERROR;
    const icu::StringPiece piece{label.data(), static_cast<std::int32_t>(label.size())};
    if (to_unicode)
      idna->labelToUnicodeUTF8(piece, sink, info, status);
    else
      idna->labelToASCII_UTF8(piece, sink, info, status);
    if (at > 0) out += '.';
    if (U_FAILURE(status) || info.hasErrors() || other.empty())
      out += label;
    else
      out += other;
    at = end + 1;
  }
  return out;
}

/// One form for the many of a host name; folded already.
std::string unicode_host(std::string_view host) {
  if (host.find("xn--") == host.npos) return std::string(host);
  return normalized(converted(host, true), nfkc_folded);
}

std::size_t host_begin(std::string_view address) {
  const auto at = address.rfind('@');
  return at == address.npos ? address.size() : at + 1;
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
  const auto visible = visible_part(text);
  if (has_control(visible)) return std::nullopt;
  auto folded = fold_identifier(visible);
  if (!folded || folded->size() > 254) return std::nullopt;
  const auto at = folded->find('@');
  if (at == std::string::npos || folded->find('@', at + 1) != std::string::npos) return std::nullopt;
  const auto host = unicode_host(plain_dots(std::string_view{*folded}.substr(at + 1)));
  folded->resize(at);
  if (!well_dotted(*folded) || code_points(*folded) > 64 || !all_code_points(*folded, local_character))
    return std::nullopt;
  if (!valid_host(host)) return std::nullopt;
  *folded += '@';
  *folded += host;
  return folded;
}

std::string shown_email(std::string_view text) {
  const auto visible = visible_part(text);
  auto shown = ascii(visible) ? visible : normalized(visible, nfkc);
  const auto host = host_begin(shown);
  const auto dotted = plain_dots(std::string_view{shown}.substr(host));
  shown.resize(host);
  return shown + dotted;
}

std::vector<std::string> older_email_keys(std::string_view text) {
  const auto key = normalize_email(text);
  if (!key) return {};
  std::vector<std::string> out;
  const auto add = [&](std::string other) {
    if (other != *key && std::find(out.begin(), out.end(), other) == out.end()) out.push_back(std::move(other));
  };
  const auto host = host_begin(*key);
  add(key->substr(0, host) + converted(std::string_view{*key}.substr(host), false));
  add(plain_dots(fold_identifier(visible_part(text)).value_or(*key)));
  return out;
}

std::optional<std::string> identifier_key(std::string_view text) {
  if (text.size() > 2048 || !valid_utf8(text)) return std::nullopt;
  if (auto address = normalize_email(text)) return address;
  auto key = fold_identifier(visible_part(text));
  if (!key || key->empty()) return std::nullopt;
  return key;
}

std::optional<std::string> normalize_username(std::string_view text) {
  if (text.size() > 2048 || !valid_utf8(text)) return std::nullopt;
  const auto visible = visible_part(text);
  auto name = ascii(visible) ? visible : normalized(visible, nfkc);
  const auto length = code_points(name);
  if (length < 1 || length > 150) return std::nullopt;
  const auto allowed = [](UChar32 c) {
    if (c < 0x80 && !word(c)) return c == '@' || c == '.' || c == '+' || c == '-' || c == '_';
    return word(c) && !ignorable(c);
  };
  if (!all_code_points(name, allowed)) return std::nullopt;
  return name;
}

std::string normalize_password(std::string_view text) {
  return ascii(text) || !valid_utf8(text) ? std::string{text} : normalized(text, nfc);
}

std::optional<std::string> normalize_name(std::string_view text, std::size_t max_length) {
  if (!valid_utf8(text) || text.size() > 16 * max_length + 1024) return std::nullopt;
  text = trim_unicode(text);
  if (has_control(text)) return std::nullopt;
  if (!shows_something(text)) return std::string();
  auto name = ascii(text) ? std::string{text} : normalized(text, nfc);
  if (code_points(name) > max_length) return std::nullopt;
  return name;
}

}  // namespace stoa::runtime
