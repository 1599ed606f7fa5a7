// What can be told of plugins without a host that runs them.
#include <algorithm>
#include <chrono>

#include "runtime/crash/marker.hpp"
#include "runtime/plugin/admission.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/plugin/library.hpp"

namespace stoa::runtime {

std::vector<plugin_info> list_plugins(const plugin_options& options) {
  std::vector<plugin_info> all;
  const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  for (const auto& m : discover(options.dir)) {
    plugin_info p;
    p.id = m.id;
    p.version = m.version;
    p.state = plugin_state::found;
    p.dir = m.dir;
    if (std::find(options.disabled.begin(), options.disabled.end(), m.id) != options.disabled.end())
      p.state = plugin_state::disabled;
    else if (const auto why = kept_out(m, options.journal.get(), now))
      p.state = plugin_state::set_aside, p.trouble = {why->step(), why->what()};
    all.push_back(std::move(p));
  }
  return all;
}

std::map<std::string, std::vector<setting>> settings_of_plugins(const plugin_options& options) {
  std::map<std::string, std::vector<setting>> all;
  for (const auto& m : discover(options.dir)) {
    try {
      verify(m);
      check_signature(m, options.signatures);
      const in_code_of mark(m.id.c_str(), "open");
      const auto& entry = open_library(m);
      auto& known = all[m.id] = {entry.settings, entry.settings + entry.settings_count};
      known.push_back({"required",
                       setting_type::boolean,
                       m.required ? "true" : "false",
                       "Whether the server stops where the plugin does not start",
                       {}});
      known.push_back({"outbound", setting_type::text_list, "", "The hosts that the plugin may ask", {}});
    } catch (const plugin_error&) {
      continue;  // nothing is known of it
    }
  }
  return all;
}

}  // namespace stoa::runtime
