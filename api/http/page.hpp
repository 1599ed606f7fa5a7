// What the envelopes of pages are made of.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/paging.hpp"
#include "stoa/routes.hpp"

namespace stoa::http {

using stoa::page_request;
using stoa::read_page;

/// Absolute addresses of the neighbours, with all other parameters of the request.
struct page_links {
  std::optional<std::string> next;
  std::optional<std::string> previous;
};
page_links links_of(const request& r, const page_request& p, std::int64_t total);

/// The schema of an envelope: numbers, `next` and `previous` if it has `links`, and the list that `items` writes.
void write_page_schema(json_writer& w, std::initializer_list<std::string_view> numbers, bool links,
                       std::string_view list, const std::function<void()>& items);

/// `count`, `next`, `previous`, `results` and no more: the page of several dialects.
page_envelope counted_pages() noexcept;

}  // namespace stoa::http
