#include "runtime/security/totp.hpp"

#include <liboath/oath.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "stoa/crypto.hpp"

namespace stoa::runtime {
namespace {

/// How far the clock of whoever shows a code may be off.
constexpr std::int64_t steps_beside = 1;

void begin_liboath() {
  static const int started = oath_init();
  if (started != OATH_OK) throw std::runtime_error("liboath does not start");
}

}  // namespace

std::string make_totp_secret() {
  std::array<std::uint8_t, 20> raw;
  random_bytes(raw);
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

std::string base32(std::string_view bytes) {
  begin_liboath();
  char* text = nullptr;
  std::size_t size = 0;
  if (oath_base32_encode(bytes.data(), bytes.size(), &text, &size) != OATH_OK)
    throw std::runtime_error("base32 cannot be written");
  std::string out(text, size);
  std::free(text);
  while (out.ends_with('=')) out.pop_back();
  return out;
}

std::int64_t totp_step(timestamp now) { return unix_us(now) / 1'000'000 / totp_period.count(); }

std::string totp_code(std::string_view secret, std::int64_t step) {
  begin_liboath();
  std::array<char, totp_digits + 1> code{};
  if (oath_hotp_generate(secret.data(), secret.size(), static_cast<std::uint64_t>(step), totp_digits, false,
                         OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) != OATH_OK)
    throw std::runtime_error("a one-time code cannot be computed");
  return {code.data(), totp_digits};
}

std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code, timestamp now,
                                       std::int64_t spent) {
  const auto middle = totp_step(now);
  std::optional<std::int64_t> found;
  for (auto step = middle - steps_beside; step <= middle + steps_beside; ++step) {
    const bool same = constant_time_equal(totp_code(secret, step), code);
    if (same && (!found || *found <= spent)) found = step;
  }
  return found;
}

}  // namespace stoa::runtime
