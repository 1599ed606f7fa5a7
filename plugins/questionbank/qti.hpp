// Items in QTI 2.1 (IMS Question and Test Interoperability): read and written. Pure. The XML library stays behind it;
// no document type is looked at and no entity is replaced but XML's own five.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "written_question.hpp"

namespace stoa_plugin::questionbank {

/// A document with one `assessmentItem`, or several below its root. Choices of one or several, true and false, and text
/// entries; other interactions and items of several are left out with their lines. Tags stand in packages' manifests.
reading read_qti(std::string_view xml);

/// One item; reading it gives the same question, but for its tags.
std::string write_qti(const written_question& q, const std::string& identifier);

/// A file of a package, or what its manifest says of one.
struct manifest_entry {
  std::string href;
  std::vector<std::string> tags;
};
/// The items that a package's manifest lists, in its order. Problems of the manifest go into `into`.
std::vector<manifest_entry> read_manifest(std::string_view xml, reading& into);
std::string write_manifest(const std::vector<manifest_entry>& items);

}  // namespace stoa_plugin::questionbank
