#include "runtime/plugin/admission.hpp"

#include <variant>

namespace stoa::runtime {

std::optional<plugin_error> kept_out(const manifest& m, const crash_journal* journal, timestamp now) {
  if (journal == nullptr || !journal->keeps_out(m.id, now)) return std::nullopt;
  const auto crashes = journal->of(m.id, now);
  return plugin_error(m.subject(), "skipped",
                      "the server crashed in it " + std::to_string(crashes.size()) +
                          " times within a day, the last with " + describe(crashes.back()),
                      "Bring it back with: stoa plugin reset " + m.id);
}

std::map<std::string, bool> take_required(std::map<std::string, std::vector<raw_value>>& sections) {
  std::map<std::string, bool> out;
  for (auto& [id, values] : sections) {
    for (const auto& raw : values) {
      if (raw.key != "required") continue;
      const auto read = convert(raw, value_kind::boolean);
      if (!read) throw bad_value(raw, "plugins." + id, expected_text(value_kind::boolean), false);
      out[id] = std::get<bool>(*read);
    }
    std::erase_if(values, [](const raw_value& raw) { return raw.key == "required"; });
  }
  return out;
}

}  // namespace stoa::runtime
