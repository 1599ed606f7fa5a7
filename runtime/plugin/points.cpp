#include "runtime/plugin/points.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace stoa::runtime {

namespace {

std::string own_name(const std::string& point) { return point.substr(point.rfind('/') + 1); }

std::string listed(const std::vector<point_provider>& all) {
  std::string out;
  for (const auto& p : all) out += (out.empty() ? "" : ", ") + p.plugin;
  return out;
}

}  // namespace

point_choice choose_providers(const std::vector<point_provider>& all, const std::map<std::string, std::string>& chosen,
                              const std::vector<std::string>& installed) {
  point_choice out;
  std::map<std::pair<std::string, std::string>, std::vector<point_provider>> by_place;
  for (const auto& p : all) by_place[{p.point, p.name}].push_back(p);
  std::set<std::string> known;
  for (const auto& [place, providers] : by_place) {
    const auto name = own_name(place.first);
    known.insert(name);
    const auto choice = chosen.find(name);
    const auto is_chosen = [&](const point_provider& p) {
      return choice != chosen.end() && p.plugin == choice->second;
    };
    const bool decided = std::any_of(providers.begin(), providers.end(), is_chosen);
    const bool away = choice != chosen.end() && !decided &&
                      std::find(installed.begin(), installed.end(), choice->second) != installed.end();
    if (choice != chosen.end() && !decided && !away)
      out.wrong.push_back("[points] " + name + ": expected a plugin that offers " + place.first + " (" +
                          listed(providers) + "), found \"" + choice->second + "\"");
    for (const auto& p : providers) {
      if (decided || away) {
        if (!is_chosen(p)) out.unused.push_back(p);
      } else if (&p != &providers.front() && p.plugin != providers.front().plugin) {
        out.refused[p.plugin] = "expected one plugin that offers " + place.first +
                                (place.second.empty() ? "" : " as \"" + place.second + "\"") + ", found " +
                                listed(providers) + ": say which with [points] " + name + " = \"" +
                                providers.front().plugin + "\"";
      }
    }
  }
  for (const auto& [name, plugin] : chosen)
    if (!known.contains(name) && std::find(installed.begin(), installed.end(), plugin) == installed.end())
      out.wrong.push_back("[points] " + name + ": expected a plugin that offers it, found \"" + plugin + "\"");
  return out;
}

}  // namespace stoa::runtime
