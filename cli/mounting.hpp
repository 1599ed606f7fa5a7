// All routes in one router: the contracts' own and the plugins'.
#pragma once

#include <vector>

#include "api/contracts.hpp"
#include "api/http/example_book.hpp"
#include "api/http/router.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/settings/settings.hpp"

namespace stoa::cli {

runtime::plugin_options plugging(const runtime::settings& s);

/// Mounts every dialect's routes, each plugin's behind the core's and those of plugins before it. A plugin with a route
/// that cannot be there is set aside with all of them.
void mount(const std::vector<api::contract>& contracts, runtime::runtime_plugin_host& plugins, http::router& router);

/// The examples of that contract's OpenAPI document, as they were installed.
http::example_book examples_of(const dialect& d);

}  // namespace stoa::cli
