// The contracts together: which there are, their settings, their policies and routes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dialect.hpp"
#include "api/domain.hpp"
#include "api/http/dialect_policy.hpp"
#include "api/http/router.hpp"
#include "runtime/settings/section.hpp"
#include "runtime/settings/settings.hpp"
#include "stoa/routes.hpp"

namespace stoa::api {

struct contract {
  http::dialect_policy policy;
  route_table routes;
};

/// All dialects, each by itself, in their default order.
const std::vector<self_description>& descriptions();
std::optional<dialect> dialect_named(std::string_view name);
/// `a, b, c`, in the default order.
std::string dialect_names();

/// `[dialects]` and a section for each dialect.
std::vector<runtime::declared_section> declared_sections();
/// runtime::load with the dialects' sections; throws settings_error as that does.
runtime::settings load_settings(const runtime::sources& from);
/// The order and the hosts of `[dialects]`; dialects that the order does not name follow in the default order. Throws
/// settings_error where one is named twice, or a host is no host name.
http::router_options routing(const runtime::settings& s);

/// `[cors] allowed_origins`, `documented` replaced by what the dialects document.
std::vector<std::string> allowed_origins(const runtime::settings& s);

http::dialect_policy policy_of(const self_description& d, const runtime::settings& s);

/// All dialects in their default order. The domain, the clock and what `unready` asks outlive what is returned.
std::vector<contract> make_contracts(stoa::domain& domain, const stoa::clock& clock, const runtime::settings& settings,
                                     std::function<std::vector<std::string>()> unready);

}  // namespace stoa::api
