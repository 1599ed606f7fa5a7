// The five contracts together: each dialect's policies and routes.
#pragma once

#include <vector>

#include "api/domain.hpp"
#include "api/http/dialect_policy.hpp"
#include "runtime/settings/settings.hpp"
#include "stoa/routes.hpp"

namespace stoa::api {

struct contract {
  http::dialect_policy policy;
  route_table routes;
};

/// All dialects in their default order. The domain and the clock outlive what is returned.
std::vector<contract> make_contracts(stoa::domain& domain, const stoa::clock& clock, const runtime::settings& settings);

}  // namespace stoa::api
