#include "webhook_rules.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "stoa/crypto.hpp"

namespace stoa_plugin::webhooks {

namespace {

constexpr std::string_view secret_prefix = "whsec_";

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out = stoa::base64url(bytes);
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const auto letters = text.substr(0, std::min(text.find('='), text.size()));
  if (text.size() - letters.size() > 2 || letters.find_first_of("-_") != letters.npos) return std::nullopt;
  if (text.find_first_not_of('=', letters.size()) != text.npos) return std::nullopt;
  std::string url(letters);
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  return stoa::from_base64url(url);
}

std::string make_secret() {
  std::string raw(32, '\0');
  stoa::random_bytes({reinterpret_cast<std::uint8_t*>(raw.data()), raw.size()});
  return std::string(secret_prefix) + base64(raw);
}

std::string signature(std::string_view secret, std::string_view id, stoa::timestamp at, std::string_view body) {
  if (secret.starts_with(secret_prefix)) secret.remove_prefix(secret_prefix.size());
  const auto key = from_base64(secret);
  if (!key) throw std::invalid_argument("a webhook's secret is no base64");
  const auto second = std::chrono::floor<stoa::seconds>(at).time_since_epoch().count();
  const auto mac = stoa::hmac_sha256(*key, std::string(id) + "." + std::to_string(second) + "." + std::string(body));
  return "v1," + base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::string signatures(const signing_secrets& s, std::string_view id, stoa::timestamp at, std::string_view body) {
  auto all = signature(s.current, id, at, body);
  if (!s.old.empty() && s.old_until && at < *s.old_until) all += " " + signature(s.old, id, at, body);
  return all;
}

verdict verdict_on(int status) noexcept {
  if (status >= 200 && status < 300) return verdict::delivered;
  return status == 410 ? verdict::gone : verdict::again;
}

std::optional<stoa::milliseconds> pause_after(const retry_schedule& s, std::int64_t attempt, double chance,
                                              std::optional<stoa::seconds> asked) {
  if (attempt >= s.attempts) return std::nullopt;
  auto pause = s.first_pause;
  for (std::int64_t i = 1; i < attempt && pause < s.longest_pause; ++i) pause *= 4;
  pause = std::min(pause, s.longest_pause);
  const auto spread = static_cast<double>(pause.count()) * (std::clamp(chance, 0.0, 1.0) - 0.5) / 2;
  pause += stoa::milliseconds{static_cast<std::int64_t>(spread)};
  if (asked) pause = std::max(pause, std::min<stoa::milliseconds>(*asked, s.longest_pause));
  return pause;
}

std::optional<stoa::seconds> retry_after(std::string_view field) noexcept {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), n);
  if (field.empty() || error != std::errc{} || end != field.data() + field.size()) return std::nullopt;
  return stoa::seconds{n};
}

}  // namespace stoa_plugin::webhooks
