// The catalogue as handlers and plugins see it.
#pragma once

#include <cstddef>
#include <memory>

#include "actors/services.hpp"
#include "stoa/areas/courses.hpp"

namespace stoa::actors {

struct catalog_options {
  std::size_t page_cache = 512;                ///< how many pages are kept
  milliseconds numbers_interval = seconds{1};  ///< how often numbers alone may raise the version
};

/// Makes the facade; it registers itself in `s` and sets `s.catalogue_changed`.
void offer_catalog(services& s, catalog_options options = {});

}  // namespace stoa::actors
