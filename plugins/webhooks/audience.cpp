#include "audience.hpp"

#include <algorithm>

#include "stoa/areas/carts.hpp"
#include "stoa/areas/certificates.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/identity.hpp"
#include "stoa/areas/notices.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/areas/quizzes.hpp"

namespace stoa_plugin::webhooks {

namespace {

template <class E>
event_rule rule(concern whom) {
  return {E::kind, E::about, whom};
}

std::optional<stoa::uuid> id_in(const stoa::json& payload, std::string_view name) {
  const auto* v = payload.find(name);
  return v && v->is_string() ? stoa::uuid::parse(v->text()) : std::nullopt;
}

}  // namespace

const std::vector<event_rule>& event_rules() {
  static const std::vector<event_rule> all{
      rule<stoa::user_created>(concern::person),
      rule<stoa::user_updated>(concern::person),
      rule<stoa::user_signed_in>(concern::person),
      rule<stoa::user_roles_changed>(concern::person),
      rule<stoa::user_password_changed>(concern::person),
      rule<stoa::user_mfa_changed>(concern::person),
      rule<stoa::identity_linked>(concern::person),
      rule<stoa::identity_unlinked>(concern::person),
      rule<stoa::session_ended>(concern::person),
      rule<stoa::sign_in_locked>(concern::nobody),
      rule<stoa::sign_in_unlocked>(concern::nobody),
      rule<stoa::course_created>(concern::teacher),
      rule<stoa::course_updated>(concern::teacher),
      rule<stoa::course_published>(concern::teacher),
      rule<stoa::lesson_added>(concern::teacher),
      rule<stoa::course_numbers_counted>(concern::nobody),
      rule<stoa::review_posted>(concern::person_and_teacher),
      rule<stoa::review_voted>(concern::person),
      rule<stoa::review_replied>(concern::person),
      rule<stoa::notice_given>(concern::person),
      rule<stoa::category_created>(concern::nobody),
      rule<stoa::cart_item_added>(concern::person),
      rule<stoa::cart_item_removed>(concern::person),
      rule<stoa::cart_cleared>(concern::person),
      rule<stoa::wishlist_changed>(concern::person),
      rule<stoa::enrollment_created>(concern::course),
      rule<stoa::lesson_completed>(concern::course),
      rule<stoa::course_completed>(concern::course),
      rule<stoa::learning_goal_set>(concern::person),
      rule<stoa::order_created>(concern::person),
      rule<stoa::order_expired>(concern::person),
      rule<stoa::order_cancelled>(concern::person),
      rule<stoa::payment_completed>(concern::person),
      rule<stoa::payment_refund_due>(concern::person),
      rule<stoa::quiz_created>(concern::course),
      rule<stoa::quiz_updated>(concern::course),
      rule<stoa::quiz_published>(concern::course),
      rule<stoa::quiz_deleted>(concern::course),
      rule<stoa::attempt_started>(concern::course),
      rule<stoa::attempt_closed>(concern::course),
      rule<stoa::attempt_regraded>(concern::course),
      rule<stoa::certificate_issued>(concern::course),
      rule<stoa::certificate_revoked>(concern::person),
      // Of other plugins, where they are in service.
      {"reflection.posted", "Somebody wrote a reflection that others may read.", concern::person_and_teacher},
      {"reflection.replied", "An instructor replied to somebody's reflection.", concern::person_and_teacher},
  };
  return all;
}

const event_rule* rule_of(std::string_view kind) noexcept {
  const auto& all = event_rules();
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.kind == kind; });
  return at == all.end() ? nullptr : &*at;
}

bool may_subscribe(const event_rule& rule, stoa::role_set roles) noexcept {
  if (roles.has(stoa::role::admin)) return true;
  if (rule.whom == concern::nobody) return false;
  return rule.whom != concern::teacher || roles.has(stoa::role::instructor);
}

stoa::result<std::vector<std::string>> allowed_kinds(const std::vector<std::string>& wanted, stoa::role_set roles) {
  std::vector<stoa::field_error> unknown;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!rule_of(wanted[i]))
      unknown.push_back({"events." + std::to_string(i), "There is no event of this name.", "choice"});
  if (!unknown.empty()) return stoa::fault::invalid(std::move(unknown));
  std::vector<std::string> out;
  for (const auto& r : event_rules()) {
    if (std::find(wanted.begin(), wanted.end(), r.kind) == wanted.end()) continue;
    if (!may_subscribe(r, roles))
      return stoa::fault{stoa::fault_kind::forbidden, "PERMISSION_DENIED",
                         "You may not subscribe to " + std::string(r.kind) + "."};
    out.emplace_back(r.kind);
  }
  return out;
}

std::vector<stoa::user_id> audience_of(const stoa::event& e) {
  std::vector<stoa::user_id> out;
  const auto* rule = rule_of(e.kind);
  if (!rule) return out;
  const bool persons =
      rule->whom == concern::person || rule->whom == concern::person_and_teacher || rule->whom == concern::course;
  if (persons && e.user) out.push_back(*e.user);
  if (rule->whom == concern::teacher || rule->whom == concern::person_and_teacher)
    if (const auto teacher = id_in(e.payload, "instructor_id"); teacher && out != std::vector{stoa::user_id{*teacher}})
      out.emplace_back(*teacher);
  return out;
}

std::optional<stoa::course_id> course_to_ask(const stoa::event& e) {
  const auto* rule = rule_of(e.kind);
  if (!rule || rule->whom != concern::course) return std::nullopt;
  const auto id = id_in(e.payload, "course_id");
  if (!id) return std::nullopt;
  return stoa::course_id{*id};
}

std::string body_of(const stoa::event& e) {
  stoa::json_writer w;
  w.begin_object();
  w.key("id"), w.string(e.id.str());
  w.key("type"), w.string(e.kind);
  w.key("timestamp"), w.string(stoa::rfc3339(e.at));
  w.key("user_id");
  if (e.user)
    w.string(e.user->str());
  else
    w.null();
  w.key("entity_id");
  if (e.entity.is_nil())
    w.null();
  else
    w.string(e.entity.str());
  w.key("data"), w.raw(e.payload.is_object() ? e.payload.dump() : "{}");
  w.end_object();
  return w.take();
}

}  // namespace stoa_plugin::webhooks
