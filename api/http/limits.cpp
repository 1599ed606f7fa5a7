#include "api/http/limits.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace stoa::http {
namespace {

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdull;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ull;
  return h ^ (h >> 33);
}

std::uint64_t seeded_hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = seed ^ (text.size() * 0x9E3779B97F4A7C15ull);
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    h = mix(h ^ word);
    text.remove_prefix(8);
  }
  std::uint64_t tail = 0;
  if (!text.empty()) std::memcpy(&tail, text.data(), text.size());
  return mix(h ^ tail);
}

}  // namespace

rate_limiter::rate_limiter(std::size_t max_keys) : per_shard_(std::max<std::size_t>(1, max_keys / 16)) {
  std::random_device random;
  for (auto& s : seed_) s = (static_cast<std::uint64_t>(random()) << 32) | random();
}

// 128 seeded bits stand for the subject: nobody can aim a collision at somebody else, and no address is kept.
rate_limiter::key rate_limiter::key_of(const rate_rule& rule, std::string_view who) const {
  // No object lies at the first addresses: the shared buckets take them.
  const auto bucket = rule.shared ? static_cast<std::uintptr_t>(rule.by) + 1 : reinterpret_cast<std::uintptr_t>(&rule);
  return {bucket, seeded_hash(who, seed_[0]), seeded_hash(who, seed_[1])};
}

void rate_limiter::make_room(shard& s, timestamp now) {
  std::erase_if(s.windows, [&](const auto& w) { return w.second.ends <= now; });
  // Still full of running windows: a flood of addresses. Drop the tenth that would end first.
  std::vector<timestamp> ends;
  ends.reserve(s.windows.size());
  for (const auto& w : s.windows) ends.push_back(w.second.ends);
  if (ends.empty()) return;
  const auto cut = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 10);
  std::nth_element(ends.begin(), cut, ends.end());
  const timestamp border = *cut;
  std::size_t drop = ends.size() / 10 + 1;
  std::erase_if(s.windows, [&](const auto& w) { return w.second.ends <= border && drop > 0 && drop-- > 0; });
}

rate_state rate_limiter::count(const rate_rule& rule, std::string_view who, timestamp now) {
  const key k = key_of(rule, who);
  shard& s = shards_[k.b % shards_.size()];
  std::lock_guard hold(s.lock);
  auto it = s.windows.find(k);
  if (it == s.windows.end()) {
    if (s.windows.size() >= per_shard_) make_room(s, now);
    it = s.windows.emplace(k, window{0, now + rule.window}).first;
  } else if (it->second.ends <= now) {
    it->second = {0, now + rule.window};
  }
  window& w = it->second;
  rate_state out;
  out.limit = rule.limit;
  out.allowed = w.used < rule.limit;
  if (out.allowed) ++w.used;
  out.remaining = rule.limit - w.used;
  out.reset = w.ends;
  out.reset_after = std::max(seconds{1}, std::chrono::ceil<seconds>(w.ends - now));
  return out;
}

std::size_t rate_limiter::size() const {
  std::size_t n = 0;
  for (const auto& s : shards_) {
    std::lock_guard hold(s.lock);
    n += s.windows.size();
  }
  return n;
}

}  // namespace stoa::http
