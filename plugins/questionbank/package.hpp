// QTI packages: ZIP archives with a manifest and a file for each item. The archive's library stays behind it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "written_question.hpp"

namespace stoa_plugin::questionbank {

/// Whether it begins like a ZIP archive.
bool is_package(std::string_view bytes);

/// The items that the manifest lists; without a manifest all items of the archive. Nothing but the manifest and items
/// is unpacked, and no more than the limit; names are looked up in the archive and nowhere else.
reading read_package(std::string_view bytes);

/// Reading it gives the same questions, with their tags. Throws std::runtime_error where it cannot be made.
std::string write_package(const std::vector<written_question>& questions);

}  // namespace stoa_plugin::questionbank
