// learnflow: the envelope of its lists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/http/page.hpp"
#include "stoa/wire.hpp"

namespace stoa::learnflow {

template <class T>
struct page_of {
  std::int64_t count = 0;
  std::optional<std::string> next;
  std::optional<std::string> previous;
  std::int64_t total_pages = 0;
  std::int64_t current_page = 1;
  std::vector<T> results;
  BOOST_DESCRIBE_CLASS(page_of, (), (count, next, previous, total_pages, current_page, results), (), ())

  /// An empty page of `total` rows.
  static page_of of(const request& q, const http::page_request& page, std::int64_t total) {
    page_of out;
    auto links = http::links_of(q, page, total);
    out.count = total;
    out.next = std::move(links.next);
    out.previous = std::move(links.previous);
    out.total_pages = page.pages(total);
    out.current_page = page.page;
    return out;
  }
};

}  // namespace stoa::learnflow
