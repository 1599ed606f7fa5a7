// Categories: made by naming them in a draft. Their owner is this script; the database keeps a slug to one.
#pragma once

#include <optional>
#include <string>

#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"

namespace stoa::actors {

struct named_category {
  std::optional<category> found;  ///< none: the text was empty, which is no category
  bool made = false;              ///< and `category.created` was told
};

/// The category of that id, slug or name; a new name makes a new one. A field fault for text that cannot be one.
task<named_category> category_named(database& db, std::string text, timestamp now);

}  // namespace stoa::actors
