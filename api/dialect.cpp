#include "api/dialect.hpp"

#include <utility>

namespace stoa::api {

setting hosts_setting() {
  return {"hosts", setting_type::text_list, "", "host names that mean this dialect", {}, false};
}

setting limit_setting(std::string key, std::string initial, std::string about) {
  return {std::move(key), setting_type::integer, std::move(initial), std::move(about), {}, false, 1, most_per_window};
}

setting logins_setting() { return limit_setting("login_per_hour", "100", "logins of an address"); }

void limit_logins(http::dialect_policy& policy, const settings_view& own) {
  policy.login_limits.push_back({http::rate_rule::subject::address, own.integer("login_per_hour")});
}

}  // namespace stoa::api
