#include "stoa/purge.hpp"

#include <algorithm>
#include <utility>

namespace stoa {

task<std::int64_t> purge(database& db, purge_rule rule, timestamp before, purge_options options) {
  gauge* backlog = options.meters ? &options.meters->level("stoa_purge_backlog", "Rows that are due to be deleted",
                                                           {{"what", rule.what}})
                                  : nullptr;
  counter* gone = options.meters ? &options.meters->count("stoa_purge_deleted_total",
                                                          "Rows deleted since they were due", {{"what", rule.what}})
                                 : nullptr;
  // Counting ends where it no longer matters how many there are.
  values counted{before, options.batch * options.batches + options.alarming};
  const auto found = co_await db.query(acts_as_system(), *rule.due, std::move(counted), options.in);
  const std::int64_t due = found.front().integer(0);
  if (backlog) backlog->set(static_cast<double>(due));
  if (due >= options.alarming && options.log)
    options.log->warn("many rows are due to be deleted", {{"what", rule.what}, {"rows", due}});
  std::int64_t deleted = 0;
  for (std::int64_t i = 0; i < options.batches && due > 0; ++i) {
    values bound{before, options.batch};
    const auto removed = co_await db.query(acts_as_system(), *rule.remove, std::move(bound), options.in);
    const std::int64_t n = removed.front().integer(0);
    deleted += n;
    if (gone && n > 0) gone->add(static_cast<double>(n));
    if (backlog) backlog->set(static_cast<double>(std::max<std::int64_t>(0, due - deleted)));
    if (n < options.batch) break;
  }
  co_return deleted;
}

}  // namespace stoa
