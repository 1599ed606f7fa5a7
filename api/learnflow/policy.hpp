// The learnflow dialect's policies.
#pragma once

#include "api/http/dialect_policy.hpp"
#include "runtime/settings/settings.hpp"

namespace stoa::learnflow {

/// Place, envelope and limits.
http::dialect_policy policy(const runtime::limit_settings& limits);

}  // namespace stoa::learnflow
