#include "stoa/once.hpp"

#include <algorithm>

#include "stoa/crypto.hpp"

namespace stoa {
namespace {

constexpr statement keep_step{"idempotency.keep_step",
                              "select public.stoa_keep_step(:p1::text, :p2::uuid, :p3::text, :p4::text)"};

}  // namespace

std::optional<std::string> once_scope::recall(std::string_view name) {
  const std::lock_guard lock{guard_};
  const auto known = std::find_if(taken_.begin(), taken_.end(), [&](const step& s) { return s.name == name; });
  if (known == taken_.end()) return std::nullopt;
  std::optional<std::string> outcome = std::move(known->outcome);
  taken_.erase(known);
  return outcome;
}

result<done> once_scope::keep(connection& db, std::string_view name, std::string_view outcome) const {
  const auto kept = db.run(keep_step, {scope_, token_, name, base64url(outcome)});
  if (kept.front().boolean(0)) return done{};
  return fault::unavailable("This request is being worked on by a later try.");
}

}  // namespace stoa
