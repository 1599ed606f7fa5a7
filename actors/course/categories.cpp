#include "actors/course/categories.hpp"

#include "actors/course/course_rules.hpp"
#include "actors/course/course_store.hpp"
#include "stoa/columns.hpp"
#include "stoa/text.hpp"

namespace stoa::actors {
namespace {

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
}

}  // namespace

std::string category_slug(std::string_view name) {
  std::string spelled;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool in_word = i > 0 && alphanumeric(name[i - 1]);
    if (in_word && name.substr(i, 2) == "++") {
      spelled += "plusplus";
      ++i;
    } else if (in_word && name[i] == '#') {
      spelled += "sharp";
    } else if (!in_word && name[i] == '.' && i + 1 < name.size() && alphanumeric(name[i + 1])) {
      spelled += "dot";
    } else {
      spelled += name[i];
    }
  }
  auto slug = course_rules::slug_of(spelled);
  return slug == course_rules::slug_of("") && ascii_lower(spelled).find(slug) == std::string::npos ? "category" : slug;
}

task<named_category> category_named(database& db, std::string text, caller who, std::int64_t most_new, timestamp now) {
  const std::string wanted(trim(text));
  named_category out;
  if (wanted.empty()) co_return out;
  if (code_points(wanted) > course_limits::category || has_control(wanted))
    co_return fault::field("category", "Use at most 100 characters.");
  const auto base = category_slug(wanted);
  for (int attempt = 0;; ++attempt) {
    values v{wanted};
    const auto found = co_await db.query(course_store::find_category, std::move(v), lane::commands);
    if (!found.empty()) {
      out.found = read_columns<category>(found.front());
      co_return out;
    }
    if (attempt == 0 && uuid::parse(wanted)) co_return fault::field("category", "There is no such category.");
    if (attempt == 0 && !who.is_admin()) {
      values mine{who.user};
      const auto brought = co_await db.query(course_store::count_categories, std::move(mine), lane::commands);
      if (brought.front().integer(0) >= most_new)
        co_return fault::field("category", "You have named as many new categories as you may: use one that there is.");
    }
    if (attempt > 4) co_return fault::unavailable("The category could not be made.");
    const auto id = category_id::make();
    const category_created told{id, wanted, course_rules::slug_attempt(base, attempt, course_id{id.value})};
    values fresh{id, wanted, told.slug, event_rows(now).tell(std::nullopt, id, told), who.user};
    const auto made =
        co_await db.query(acts_as(who.user), course_store::add_category, std::move(fresh), lane::commands);
    // No row: the slug is another's, or somebody has made it at the same moment.
    if (made.empty()) continue;
    out.found = read_columns<category>(made.front());
    out.made = true;
    co_return out;
  }
}

}  // namespace stoa::actors
