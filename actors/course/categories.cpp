#include "actors/course/categories.hpp"

#include "actors/course/course_rules.hpp"
#include "actors/course/course_store.hpp"
#include "stoa/text.hpp"

namespace stoa::actors {

task<named_category> category_named(database& db, std::string text, timestamp now) {
  const std::string wanted(trim(text));
  named_category out;
  if (wanted.empty()) co_return out;
  if (code_points(wanted) > 100 || has_control(wanted)) {
    co_return fault::field("category", "Use at most 100 characters.");
  }
  values v{wanted};
  auto found = co_await db.query(course_store::find_category, std::move(v), lane::commands);
  if (found.empty()) {
    if (uuid::parse(wanted)) co_return fault::field("category", "There is no such category.");
    const category_created told{category_id::make(), wanted, course_rules::slug_of(wanted)};
    values fresh{told.category_id, wanted, told.slug, event_rows(now).tell(std::nullopt, told.category_id, told)};
    found = co_await db.query(course_store::add_category, std::move(fresh), lane::commands);
    out.made = true;
  }
  const auto r = found.front();
  out.found = category{r.as<category_id>(0), r.integer(1), r.text(2), r.text(3)};
  co_return out;
}

}  // namespace stoa::actors
