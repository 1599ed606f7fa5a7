#include "api/dialect.hpp"

#include <utility>

namespace stoa::api {
namespace {

using subject = http::rate_rule::subject;

/// The most that a limit's setting may be.
constexpr std::int64_t most_per_window = 1'000'000'000;

}  // namespace

described_limit limit_on_logins(std::int64_t per_hour) {
  return {{subject::address, per_hour}, "login_per_hour", "logins of an address", true};
}

described_limit limit_on_strangers(std::int64_t per_hour) {
  return {{subject::anonymous, per_hour}, "anonymous_per_hour", "requests of an address without a token"};
}

described_limit limit_on_users(std::int64_t per_hour) {
  return {{subject::user, per_hour}, "user_per_hour", "requests of a user"};
}

std::vector<setting> settings_of(const self_description& d) {
  std::vector<setting> out{{"hosts", setting_type::text_list, "", "host names that mean this dialect", {}, false}};
  for (const auto& l : d.limits)
    if (!l.key.empty())
      out.push_back(
          {l.key, setting_type::integer, std::to_string(l.rule.limit), l.about, {}, false, 1, most_per_window});
  out.insert(out.end(), d.settings.begin(), d.settings.end());
  return out;
}

void add_limits(http::dialect_policy& policy, const self_description& d, const settings_view& own) {
  for (const auto& l : d.limits) {
    auto rule = l.rule;
    if (!l.key.empty()) rule.limit = own.integer(l.key);
    (l.logins ? policy.login_limits : policy.limits).push_back(std::move(rule));
  }
}

}  // namespace stoa::api
