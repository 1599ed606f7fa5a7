// Categories: made by naming them in a draft. Their owner is this script; the database keeps a name to one.
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

/// A category's address: `C++` is `cplusplus`, `C#` is `csharp`, `.NET` is `dotnet`.
std::string category_slug(std::string_view name);

/// The category of that id, name or slug; a new name makes a new one, as long as the person has brought fewer than
/// `most_new` (admins any number). Names are one where they differ in case and accents alone. A field fault for text
/// that cannot be one.
task<named_category> category_named(database& db, std::string text, caller who, std::int64_t most_new, timestamp now);

}  // namespace stoa::actors
