#include "api/fields.hpp"

#include <algorithm>
#include <vector>

namespace stoa::api {

fault rename_fields(fault f, std::span<const field_name> names) {
  std::vector<field_error> kept;
  for (auto& e : f.fields) {
    const auto named = std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.inside == e.field; });
    if (named != names.end()) e.field = named->on_wire;
    const bool said = std::any_of(kept.begin(), kept.end(),
                                  [&](const auto& k) { return k.field == e.field && k.message == e.message; });
    if (!said) kept.push_back(std::move(e));
  }
  f.fields = std::move(kept);
  return f;
}

}  // namespace stoa::api
