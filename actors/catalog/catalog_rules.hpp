// What a catalogue query means: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/catalog.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::catalog_rules {

/// One way to sort: the names clients use for it. Their places are those of `catalog_order`.
struct sort_key {
  std::vector<std::string> names;  ///< the first is the key's own
};
const std::vector<sort_key>& sort_keys();

struct sort_order {
  std::size_t key = 0;  ///< an index into sort_keys()
  bool descending = true;
};

/// Reads `-rating`; empty is the newest first. INVALID_ORDERING for a name that is not listed.
result<sort_order> read_ordering(std::string_view ordering);

/// The words of a search as a tsquery: all must be there, each may go on. Empty where nothing is searched for.
std::string tsquery_of(std::string_view search);

/// The words of a search as what is looked up one by one: those of one or two Latin letters each by itself, since
/// nearly every course has them, the others together.
std::vector<std::string> parts_of(std::string_view search);

/// A query within bounds: page and size, trimmed texts, the ordering's own name. A search for which none is asked keeps
/// none: it is ordered by relevance.
result<catalog_query> admit(catalog_query q);

/// The category that an id, a name (without case and accents) or a slug means; null for none.
const category* find_category(const std::vector<category>& all, std::string_view wanted);

}  // namespace stoa::actors::catalog_rules
