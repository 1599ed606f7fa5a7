#include "api/fields.hpp"

#include <algorithm>
#include <vector>

#include "actors/account/account_rules.hpp"

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

namespace {

/// What is wrong with fields of which nothing was said yet.
void add(const fault& refused, std::span<const field_name> names, wire::problems& bad) {
  auto found = rename_fields(refused, names).fields;
  std::erase_if(found, [&](const field_error& e) { return bad.about(e.field); });
  for (auto& e : found) bad.add(std::move(e.field), std::move(e.message), std::move(e.rule));
}

}  // namespace

void check_registration(const registration& r, std::span<const field_name> names, wire::problems& bad) {
  const auto admitted = actors::account_rules::admit(r, {r.wanted});
  if (!admitted) add(admitted.refusal(), names, bad);
}

void check_new_password(const std::string& password, bool strict, std::span<const field_name> names,
                        wire::problems& bad) {
  const auto good = actors::account_rules::check_password(password, {}, strict);
  if (!good) add(good.refusal(), names, bad);
}

}  // namespace stoa::api
