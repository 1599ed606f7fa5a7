// The SQL of the catalogue: filters and orders over published courses.
#pragma once

#include <vector>

#include "actors/catalog/catalog_rules.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::catalog_store {

/// What the filters bind: :p1 to :p12.
struct filter {
  std::optional<category_id> category;
  std::string tsquery;
  /// Categories and their bestseller marks, where the query asks for bestsellers.
  std::vector<std::string> marked_categories, marks;
};
values bind(const catalog_query& q, const filter& f);

/// A page in that order; :p13 is its size, :p14 its offset.
const statement& page(catalog_rules::sort_order order, bool searching);
/// How many there are.
const statement& count(bool searching);

/// A course without its curriculum, reviews and instructor's numbers, but with what the curriculum adds up to.
course read_item(const rows::row& r);

}  // namespace stoa::actors::catalog_store
