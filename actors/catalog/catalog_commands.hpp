// What the catalogue can be told.
#pragma once

#include <string>

#include "stoa/areas/courses.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

struct make_catalog_page {
  std::string key;  ///< the query's normalised text
  catalog_query query;
};

}  // namespace stoa::actors
