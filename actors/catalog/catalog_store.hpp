// The SQL of the catalogue: what its columns are read from, what lists show, and what a search finds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/catalog/catalog_columns.hpp"
#include "stoa/areas/catalog.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::catalog_store {

/// Published courses behind the number :p1, in the order of numbers, at most :p2.
extern const statement load;
/// Those of the ids :p1, whatever their status.
extern const statement some;
/// The published ones of the buckets :p1.
extern const statement in_buckets;
/// What the entry says, and whether it is published.
struct found_entry {
  catalog_entry entry;
  bool published = false;
};
found_entry read_entry(const rows::row& r);
/// The entry of a course as it has been committed; the marks are not known.
catalog_entry entry_of(const course& c);

/// bucket, count, sum: as `catalog_columns::buckets` has them.
extern const statement check;

/// What lists show of the courses :p1.
extern const statement listed;
course read_listed(const rows::row& r, std::size_t first = 0);

/// What somebody teaches, whatever its status but for what was taken away: of the instructor :p1, in the category :p2,
/// of the level :p3, in the status :p6 and with the words :p7, at most :p4 behind the first :p5; and the same of
/// everybody.
extern const statement taught;
extern const statement all;
catalog_page read_taught(const rows& found);

/// The numbers of the published courses in which all words are, and of those that have them in their titles, as two
/// texts with blanks between the numbers; :p1 is the tsquery. Last, how many words that has.
extern const statement search;
/// The same among the ids :p2.
extern const statement search_among;
/// The numbers of the titles that look most like :p1. Only where the database has trigrams.
extern const statement alike;
extern const statement has_trigrams;

}  // namespace stoa::actors::catalog_store
