#include "runtime/security/collation.hpp"

#include <unicode/coll.h>
#include <unicode/unistr.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace stoa::runtime {
namespace {

std::unique_ptr<const icu::Collator> make_collator(icu::Collator::ECollationStrength strength) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::Collator> made(icu::Collator::createInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) throw std::runtime_error("ICU has no collation");
  made->setAttribute(UCOL_NORMALIZATION_MODE, UCOL_ON, status);
  made->setStrength(strength);
  return made;
}

std::string key_of(const icu::Collator& collator, std::string_view text) {
  if (text.empty()) return {};  // ICU's key of nothing is the mark between its levels
  const auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  std::array<std::uint8_t, 256> room;
  auto size = collator.getSortKey(wide, room.data(), static_cast<std::int32_t>(room.size()));
  // A key ends with a zero byte, which orders nothing.
  if (size <= static_cast<std::int32_t>(room.size()))
    return {reinterpret_cast<const char*>(room.data()), static_cast<std::size_t>(size > 0 ? size - 1 : 0)};
  std::string key(static_cast<std::size_t>(size), '\0');
  size = collator.getSortKey(wide, reinterpret_cast<std::uint8_t*>(key.data()), size);
  key.resize(static_cast<std::size_t>(size > 0 ? size - 1 : 0));
  return key;
}

}  // namespace

std::string collation_key(std::string_view text) {
  static const auto one = make_collator(icu::Collator::SECONDARY);
  return key_of(*one, text);
}

std::string identity_key(std::string_view text) {
  static const auto one = make_collator(icu::Collator::PRIMARY);
  return key_of(*one, text);
}

}  // namespace stoa::runtime
