// The page on which people read and try the contracts: Swagger UI over our own documents.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "stoa/routes.hpp"

namespace stoa::http {

/// Adds `/<name>/openapi.json` for each (name, document), and `/docs` with a chooser over them. The files of
/// `swagger_ui` are read once, now; where they are missing the page says how to get them. Links begin with
/// `public_path`, that of `[http] public_url`.
void add_docs(route_table& plain, const std::filesystem::path& swagger_ui,
              std::vector<std::pair<std::string, std::string>> documents, const std::string& public_path = {});

/// Adds the pages below `folder` (made by a documentation generator) at `at`, such as `/docs/sdk/`, with its index.html
/// there. Which files there are is seen now, each is opened when it is asked for. Nothing where there is no index.html,
/// or no folder.
void add_pages(route_table& plain, const std::string& at, const std::filesystem::path& folder);

}  // namespace stoa::http
