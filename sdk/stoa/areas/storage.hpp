// Where a plugin may keep files of its own: below the server's data directory.
#pragma once

#include <filesystem>
#include <string>

#include "stoa/registry.hpp"

namespace stoa {

namespace areas {
inline constexpr area storage{"storage", 1};
}

/// Folders of this machine. What several servers have to see does not belong there. Any thread; outlives every plugin.
class local_folders {
 public:
  static constexpr interface_id interface { areas::storage, "local_folders" };
  virtual ~local_folders();

  /// `<data>/files/<part>`, absolute; made by whoever writes there. `part` is a word of small letters, digits and `_`.
  virtual std::filesystem::path folder(const std::string& part) const = 0;
};

}  // namespace stoa
