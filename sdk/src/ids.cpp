#include "stoa/ids.hpp"

#include <atomic>
#include <chrono>

#include "stoa/crypto.hpp"

namespace stoa {
namespace {

constexpr char digits[] = "0123456789abcdef";

/// The last version 7 prefix of the system's clock, 48 bits of milliseconds above a counter of 12 bits, and that of
/// times far from it (a test's clock, an import), which must not drag the others along.
std::atomic<std::uint64_t> last_near{0};
std::atomic<std::uint64_t> last_far{0};

/// How far apart two times may lie and still count as one clock, set back or hurried on.
constexpr std::uint64_t one_clock_ms = 3'600'000;

bool one_clock(std::uint64_t a, std::uint64_t b) { return (a > b ? a - b : b - a) <= one_clock_ms; }

/// Random bytes from the kernel, fetched a page at a time; each thread has its own, so there is nothing to lock.
std::uint64_t random_64() {
  struct pool {
    std::array<std::uint8_t, 2048> bytes;
    std::size_t used = sizeof(bytes);
  };
  thread_local pool p;
  if (p.used == p.bytes.size()) {
    random_bytes(p.bytes);
    p.used = 0;
  }
  std::uint64_t v;
  std::memcpy(&v, p.bytes.data() + p.used, sizeof v);
  p.used += sizeof v;
  return v;
}

/// Reserves the next prefix. A counter that runs over borrows from the milliseconds of the future.
std::uint64_t next_prefix(std::atomic<std::uint64_t>& last_prefix, std::uint64_t ms, std::uint64_t random) {
  // Starting low in the counter's range leaves room to count up within the millisecond.
  const std::uint64_t fresh = ms << 12 | (random & 0xFF);
  auto last = last_prefix.load(std::memory_order_relaxed);
  for (;;) {
    const auto next = fresh > last || !one_clock(ms, last >> 12) ? fresh : last + 1;
    if (last_prefix.compare_exchange_weak(last, next, std::memory_order_relaxed)) return next;
  }
}

std::uint64_t system_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

uuid assemble(std::uint64_t prefix) {
  const auto tail = random_64();
  uuid u;
  for (int i = 0; i < 6; ++i) u.bytes[i] = static_cast<std::uint8_t>(prefix >> (52 - 8 * i));
  u.bytes[6] = static_cast<std::uint8_t>(0x70 | (prefix >> 8 & 0x0F));
  u.bytes[7] = static_cast<std::uint8_t>(prefix);
  std::memcpy(u.bytes.data() + 8, &tail, 8);
  u.bytes[8] = static_cast<std::uint8_t>(0x80 | (u.bytes[8] & 0x3F));
  return u;
}

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string uuid::str() const {
  std::string text(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    text[at++] = digits[bytes[i] >> 4];
    text[at++] = digits[bytes[i] & 15];
  }
  return text;
}

std::optional<uuid> uuid::parse(std::string_view text) noexcept {
  if (text.size() != 36) return std::nullopt;
  uuid u;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[at++] != '-') return std::nullopt;
    }
    const int high = nibble(text[at++]);
    const int low = nibble(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    u.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return u;
}

uuid uuid::make_v7(std::int64_t unix_ms) {
  const auto ms = static_cast<std::uint64_t>(unix_ms) & 0xFFFF'FFFF'FFFFull;
  auto& last = one_clock(ms, system_ms()) ? last_near : last_far;
  return assemble(next_prefix(last, ms, random_64()));
}

uuid uuid::make_v7() { return assemble(next_prefix(last_near, system_ms(), random_64())); }

uuid uuid::from_name(std::string_view name) {
  const auto hash = sha256(name);
  uuid u;
  std::memcpy(u.bytes.data(), hash.data(), 16);
  u.bytes[6] = static_cast<std::uint8_t>(0x80 | (u.bytes[6] & 0x0F));
  u.bytes[8] = static_cast<std::uint8_t>(0x80 | (u.bytes[8] & 0x3F));
  return u;
}

}  // namespace stoa
