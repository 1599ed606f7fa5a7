// Extension points: interfaces that one plugin of several may offer, and who does.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::runtime {

/// One plugin that offers a point.
struct point_provider {
  std::string point;  ///< the interface with its area: `mail/1/mailer`
  std::string name;   ///< under which it is offered among several: `stripe`; mostly empty
  std::string plugin;
  bool operator==(const point_provider&) const = default;
};

/// What follows from who offers what and what the settings choose.
struct point_choice {
  std::vector<point_provider> unused;  ///< offers that the settings did not choose
  /// Plugins that cannot be in service, each with the reason: somebody before them offers the same, and nobody chose.
  std::map<std::string, std::string> refused;
  std::vector<std::string> wrong;  ///< choices that name nobody who offers the point, in words
};

/// `chosen` is `[points]`: by the interface's own name (`mailer`) the plugin that is to be asked. `installed` are the
/// plugins that could offer something if they were in service: choosing one of them is no mistake. Providers come in
/// the order in which their plugins were loaded.
point_choice choose_providers(const std::vector<point_provider>& all, const std::map<std::string, std::string>& chosen,
                              const std::vector<std::string>& installed);

}  // namespace stoa::runtime
