#include "notification_rules.hpp"

#include <algorithm>

#include "preferences.hpp"
#include "stoa/areas/certificates.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/notices.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/money.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::notifications {

namespace {

std::string text_in(const stoa::json& payload, std::string_view name) {
  const auto* v = payload.find(name);
  return v && v->is_string() ? v->text() : std::string();
}

bool truth_in(const stoa::json& payload, std::string_view name) {
  const auto* v = payload.find(name);
  return v && v->as_boolean();
}

std::optional<stoa::user_id> user_in(const stoa::json& payload, std::string_view name) {
  return stoa::user_id::parse(text_in(payload, name));
}

std::string titles_in(const stoa::json& payload) {
  const auto* items = payload.find("items");
  if (!items || !items->is_array() || items->items().empty()) return "your order";
  const std::string first = "'" + text_in(items->items().front(), "title") + "'";
  const auto more = items->items().size() - 1;
  if (more == 0) return first;
  return first + " and " + std::to_string(more) + (more == 1 ? " more course" : " more courses");
}

std::string amount_in(const stoa::json& payload, std::string_view member) {
  const auto* minor = payload.find(member);
  const auto n = minor ? minor->as_integer() : std::nullopt;
  if (!n) return "";
  std::string currency = text_in(payload, "currency");
  std::string text = stoa::money{*n, currency}.decimal() + " ";
  for (const char c : currency) text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

/// The first so many characters.
std::string shortened(std::string text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && characters++ == most) return text.substr(0, i);
  return text;
}

/// What a plugin or an area tells somebody in its own words; whether it has any.
bool put_notice(const stoa::json& p, notification& n) {
  using limits = stoa::notice_limits;
  const auto type = text_in(p, "type");
  const auto& known = all_kinds();
  n.kind = std::find(known.begin(), known.end(), type) == known.end() ? "system" : type;
  n.title = shortened(text_in(p, "title"), limits::title);
  n.message = shortened(text_in(p, "message"), limits::message);
  n.icon = shortened(text_in(p, "icon"), limits::icon);
  // A place of this site and nothing else: no scheme, no other host.
  const auto url = text_in(p, "action_url");
  if (url.size() <= limits::action_url && url.starts_with('/') && !url.starts_with("//") && url.find('\\') == url.npos)
    n.action_url = url;
  return stoa::shows_something(n.title);
}

/// Told by the plugin of reflections, where there is one: known by its name alone.
constexpr std::string_view reflection_replied = "reflection.replied";

}  // namespace

const std::vector<std::string>& told_kinds() {
  static const auto kinds = [] {
    auto all = stoa::kinds_of<stoa::enrollment_created, stoa::payment_completed, stoa::payment_refund_due,
                              stoa::course_published, stoa::course_updated, stoa::lesson_added, stoa::course_completed,
                              stoa::certificate_issued, stoa::certificate_revoked, stoa::review_replied,
                              stoa::notice_given, stoa::user_password_changed, stoa::user_mfa_changed>();
    all.emplace_back(reflection_replied);
    return all;
  }();
  return kinds;
}

std::optional<notification> notification_of(const stoa::event& e) {
  const auto& p = e.payload;
  notification n;
  n.event = e.id;
  n.id = stoa::notification_id{stoa::uuid::from_name("notification " + e.id.str())};
  n.created_at = e.at;
  auto to = e.user;
  const std::string course = text_in(p, "course_id");
  if (e.kind == stoa::enrollment_created::kind) {
    n.kind = "course";
    n.title = "Welcome to your new course";
    n.message = "You are enrolled in '" + text_in(p, "course_title") + "'.";
    n.action_url = "/courses/" + course + "/learn";
    n.icon = "enrollment";
  } else if (e.kind == stoa::payment_completed::kind) {
    n.kind = "payment";
    n.title = "Payment received";
    n.message = "We received " + amount_in(p, "total_minor") + " for " + titles_in(p) + " (" +
                text_in(p, "order_number") + ").";
    n.action_url = "/orders/" + text_in(p, "order_id");
    n.icon = "payment";
  } else if (e.kind == stoa::payment_refund_due::kind) {
    n.kind = "payment";
    n.title = "Payment due for refund";
    n.message = "You have what " + amount_in(p, "amount_minor") + " of your payment for " + text_in(p, "order_number") +
                " was to buy already: it will be paid back.";
    n.action_url = "/orders/" + text_in(p, "order_id");
    n.icon = "payment";
  } else if (e.kind == stoa::course_published::kind) {
    // Its instructor; its learners, if it has any already, hear of it as news.
    to = user_in(p, "instructor_id");
    n.kind = "course";
    n.title = "Your course is published";
    n.message = "'" + text_in(p, "title") + "' can be found in the catalogue now.";
    n.action_url = "/courses/" + course;
    n.icon = "course";
  } else if (e.kind == stoa::course_completed::kind) {
    n.kind = "achievement";
    n.title = "Course completed";
    n.message = "You completed every lesson of '" + text_in(p, "course_title") + "'.";
    n.action_url = "/courses/" + course;
    n.icon = "trophy";
  } else if (e.kind == stoa::review_replied::kind) {
    if (truth_in(p, "taken_back")) return std::nullopt;
    n.kind = "course";
    n.title = "Your review was answered";
    n.message = "The instructor of '" + text_in(p, "title") + "' answered your review.";
    n.action_url = "/courses/" + course;
    n.icon = "reply";
  } else if (e.kind == stoa::notice_given::kind) {
    if (!put_notice(p, n)) return std::nullopt;
  } else if (e.kind == stoa::certificate_issued::kind) {
    n.kind = "achievement";
    n.title = "Your certificate is ready";
    n.message =
        "You have the certificate " + text_in(p, "certificate_number") + " for '" + text_in(p, "course_title") + "'.";
    n.action_url = "/certificates/" + text_in(p, "certificate_id");
    n.icon = "certificate";
  } else if (e.kind == stoa::certificate_revoked::kind) {
    n.kind = "system";
    n.title = "Your certificate was revoked";
    n.message = "The certificate " + text_in(p, "certificate_number") + " for '" + text_in(p, "course_title") +
                "' does not count any more: " + text_in(p, "reason");
    n.action_url = "/certificates/" + text_in(p, "certificate_id");
    n.icon = "certificate";
  } else if (e.kind == reflection_replied) {
    n.kind = "course";
    n.title = "Your instructor replied";
    n.message = "There is a reply to what you wrote about '" + text_in(p, "lesson_title") + "' in '" +
                text_in(p, "course_title") + "'.";
    n.action_url = "/courses/" + course + "/learn";
    n.icon = "reply";
  } else if (e.kind == stoa::user_password_changed::kind) {
    n.kind = "system";
    n.title = "Your password was changed";
    n.message =
        "Your account has a new password, and every session has ended. If that was not you, ask for another "
        "password at once.";
    n.action_url = "/account";
    n.icon = "security";
  } else if (e.kind == stoa::user_mfa_changed::kind) {
    const bool on = truth_in(p, "enabled");
    n.kind = "system";
    n.title = on ? "Sign-ins now take a code" : "Sign-ins take no code any more";
    n.message =
        on ? "Your account has a second factor: beside your password, sign-ins take a code of your app."
           : "The second factor of your account is disabled. If that was not you, change your password at once.";
    n.action_url = "/account";
    n.icon = "security";
  } else {
    return std::nullopt;
  }
  if (!to) return std::nullopt;
  n.user = *to;
  return n;
}

}  // namespace stoa_plugin::notifications
