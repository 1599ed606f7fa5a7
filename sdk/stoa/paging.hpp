// Pages of lists, as every dialect counts them: from 1, with a bounded size. What a page looks like is the dialect's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "stoa/result.hpp"
#include "stoa/wire.hpp"

namespace stoa {

struct request;

/// Which page of a list is wanted.
struct page_request {
  static constexpr std::int64_t usual_size = 20;
  static constexpr std::int64_t largest_size = 100;
  static constexpr std::int64_t last_page = 1'000'000'000;  ///< far behind the end of every list, and still an int

  std::int64_t page = 1;
  std::int64_t size = usual_size;

  /// Rows before the page.
  std::int64_t offset() const noexcept { return (page - 1) * size; }
  /// How many pages `total` rows make; 0 for none.
  std::int64_t pages(std::int64_t total) const noexcept { return (total + size - 1) / size; }
};

/// Reads `page` and `page_size` of the query. Larger sizes than `largest_size` are that; what is no number from 1 on is
/// an `invalid` fault naming the parameter.
result<page_request> read_page(const request& r);

/// The query of a list: the filter's own members, and the page. Use it as a handler's input.
template <class Filter = wire::nothing>
struct paged : Filter {
  using filter = Filter;
  page_request asked;
};

/// One page of a list as a handler returns it.
template <class T>
struct page_of {
  page_request asked;
  std::int64_t total = 0;  ///< rows on all pages together
  std::vector<T> items;
};

/// How a dialect writes pages.
struct page_envelope {
  /// The object around the list that `items` writes as one value.
  void (*write)(json_writer& w, const request& r, const page_request& asked, std::int64_t total,
                const std::function<void()>& items) = nullptr;
  /// Its schema around the list's, which `items` writes.
  void (*schema)(json_writer& w, const std::function<void()>& items) = nullptr;
};

/// What stands before and behind the list of a page whose items are encoded already.
struct page_frame {
  std::string before, behind;
};
page_frame frame_of(const request& r, const page_request& asked, std::int64_t total);

/// Where nobody has said otherwise: count, page, page_size, total_pages, results.
const page_envelope& plain_pages() noexcept;

template <class T>
struct paged_traits : std::false_type {};
template <class F>
struct paged_traits<paged<F>> : std::true_type {};

namespace wire {

template <class T>
struct codec<page_of<T>> {
  static void schema(json_writer& w, schema_registry& r) {
    const auto& envelope = r.pages ? *r.pages : plain_pages();
    envelope.schema(w, [&] { codec<std::vector<T>>::schema(w, r); });
  }
};

}  // namespace wire
}  // namespace stoa
