// An OpenAPI 3.1 document of one dialect, made from its routes.
#pragma once

#include <string>

#include "api/http/example_book.hpp"
#include "api/http/router.hpp"

namespace stoa::http {

/// The whole document as JSON. Call it once at start, after all routes have been added. Its servers lie below
/// `public_path`, that of `[http] public_url`; its operations have the examples of `book`.
std::string openapi_document(const router& routes, const dialect& d, const std::string& version,
                             const std::string& public_path = {}, const example_book& book = {});

}  // namespace stoa::http
