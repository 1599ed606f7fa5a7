#include "runtime/security/time_zone.hpp"

#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <memory>
#include <string>
#include <unordered_map>

namespace stoa::runtime {
namespace {

/// Names come from profiles: what is kept of them has a bound.
constexpr std::size_t most_zones = 256;

const icu::TimeZone& zone_named(std::string_view name) {
  thread_local std::unordered_map<std::string, std::unique_ptr<const icu::TimeZone>> known;
  std::string key(name);
  if (const auto it = known.find(key); it != known.end()) return *it->second;
  if (known.size() >= most_zones) known.clear();
  const auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
  return *known.emplace(std::move(key), icu::TimeZone::createTimeZone(wide)).first->second;
}

}  // namespace

seconds zone_offset(std::string_view zone, timestamp at) {
  if (zone.empty() || zone == "UTC") return seconds{0};
  std::int32_t raw = 0, saving = 0;
  UErrorCode status = U_ZERO_ERROR;
  const auto when = static_cast<UDate>(std::chrono::floor<milliseconds>(at).time_since_epoch().count());
  zone_named(zone).getOffset(when, false, raw, saving, status);
  if (U_FAILURE(status)) return seconds{0};
  return std::chrono::duration_cast<seconds>(milliseconds{raw + saving});
}

}  // namespace stoa::runtime
