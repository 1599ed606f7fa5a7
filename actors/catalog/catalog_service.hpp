// The catalogue as handlers and plugins see it, with what only the composition needs.
#pragma once

#include <cstddef>
#include <functional>

#include "actors/services.hpp"
#include "stoa/areas/catalog.hpp"
#include "stoa/areas/courses.hpp"

namespace stoa::actors {

struct catalog_options {
  std::size_t page_cache = 1000;          ///< how many pages are kept; 0: none
  std::size_t row_memory = 32u << 20;     ///< bytes of the rows that pages show, and again of the pages themselves
  std::size_t search_memory = 32u << 20;  ///< bytes of what searches found
  /// Puts work where coroutines are driven.
  std::function<void(std::function<void()>)> post = [](const std::function<void()>& work) { work(); };
};

class catalog_service : public stoa::catalog {
 public:
  /// Begins to read the courses into memory. Returns at once; who asks for a page meanwhile waits.
  virtual void start() = 0;
  virtual bool ready() const noexcept = 0;
  /// Ends when they are there: `unavailable` where they cannot be read.
  virtual task<done> loaded() = 0;
  /// Called every second: see `catalog_model::look`.
  virtual void look() = 0;
};

/// Makes the facade; it registers itself in `s`, and sets what `s` says of commits.
catalog_service& offer_catalog(services& s, catalog_options options = {});

}  // namespace stoa::actors
