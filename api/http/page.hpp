// Pages of lists, as all five contracts count them: from 1, with a bounded size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stoa/result.hpp"
#include "stoa/routes.hpp"

namespace stoa::http {

/// Which page of a list is wanted.
struct page_request {
  std::int64_t page = 1;
  std::int64_t size = 20;
  std::int64_t offset() const noexcept { return (page - 1) * size; }
  /// How many pages `total` rows make; 0 for none.
  std::int64_t pages(std::int64_t total) const noexcept { return (total + size - 1) / size; }
};

/// Reads `page` and `page_size` of the query. Sizes beyond 100 are 100; what is no number from 1 on is an `invalid`
/// fault naming the parameter.
result<page_request> read_page(const request& r, std::int64_t default_size = 20, std::int64_t max_size = 100);

/// Absolute addresses of the neighbours, with all other parameters of the request.
struct page_links {
  std::optional<std::string> next;
  std::optional<std::string> previous;
};
page_links links_of(const request& r, const page_request& p, std::int64_t total);

}  // namespace stoa::http
