#include "payment_rules.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "stoa/crypto.hpp"
#include "stoa/json.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::payments {

using stoa::fault;
using stoa::fault_kind;

namespace {

constexpr intent_status all_statuses[] = {intent_status::requires_payment_method,
                                          intent_status::requires_confirmation,
                                          intent_status::requires_action,
                                          intent_status::processing,
                                          intent_status::requires_capture,
                                          intent_status::succeeded,
                                          intent_status::canceled};

constexpr std::string_view brands[] = {"visa",
                                       "visa_debit",
                                       "mastercard",
                                       "mastercard_debit",
                                       "mastercard_prepaid",
                                       "amex",
                                       "discover",
                                       "diners",
                                       "jcb",
                                       "unionpay",
                                       "us",
                                       "debit"};

constexpr std::string_view action_methods[] = {"authenticationRequired", "authenticationRequiredOnSetup",
                                               "threeDSecure2Required", "threeDSecureRequired"};

struct decline {
  std::string_view method;
  std::string_view code;
};
constexpr decline declines[] = {
    {"chargeDeclined", "generic_decline"},
    {"chargeDeclinedInsufficientFunds", "insufficient_funds"},
    {"chargeDeclinedLostCard", "lost_card"},
    {"chargeDeclinedStolenCard", "stolen_card"},
    {"chargeDeclinedExpiredCard", "expired_card"},
    {"chargeDeclinedIncorrectCvc", "incorrect_cvc"},
    {"chargeDeclinedProcessingError", "processing_error"},
    {"chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"},
    {"chargeDeclinedFraudulent", "fraudulent"},
    {"chargeCustomerFail", "generic_decline"},
};

template <class Range, class T>
bool holds(const Range& range, const T& wanted) {
  return std::find(std::begin(range), std::end(range), wanted) != std::end(range);
}

std::string mac(std::string_view payload, std::string_view secret, std::string_view seconds) {
  std::string signed_text(seconds);
  signed_text += '.';
  signed_text += payload;
  return stoa::hex(stoa::hmac_sha256(secret, signed_text));
}

const std::string& text_of(const stoa::json& object, std::string_view name) {
  static const std::string none;
  const auto* v = object.find(name);
  return v && v->is_string() ? v->text() : none;
}

}  // namespace

std::string_view name_of(intent_status s) noexcept {
  switch (s) {
    case intent_status::requires_payment_method:
      return "requires_payment_method";
    case intent_status::requires_confirmation:
      return "requires_confirmation";
    case intent_status::requires_action:
      return "requires_action";
    case intent_status::processing:
      return "processing";
    case intent_status::requires_capture:
      return "requires_capture";
    case intent_status::succeeded:
      return "succeeded";
    case intent_status::canceled:
      return "canceled";
  }
  return "";
}

std::optional<intent_status> intent_status_named(std::string_view name) noexcept {
  for (const auto s : all_statuses)
    if (name_of(s) == name) return s;
  return std::nullopt;
}

std::string intent_id_of(std::string_view id_or_secret) {
  return std::string(id_or_secret.substr(0, id_or_secret.find("_secret_")));
}

bool is_intent_id(std::string_view text) noexcept {
  return text.starts_with("pi_") && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
         });
}

bool pays(const provider_intent& intent, const stoa::order& order) {
  return intent.amount_minor == order.total_minor && intent.currency == stoa::ascii_lower(order.currency);
}

std::string idempotency_key(stoa::order_id order, std::int64_t attempt) {
  return "stoa-order-" + order.str() + "-" + std::to_string(attempt);
}

std::optional<outcome> test_method_outcome(std::string_view payment_method) {
  constexpr std::string_view prefix = "pm_card_";
  if (!payment_method.starts_with(prefix)) return std::nullopt;
  std::string_view name = payment_method.substr(prefix.size());
  if (holds(brands, name)) return outcome{};
  if (const auto last = name.rfind('_'); last != name.npos && holds(brands, name.substr(0, last)))
    name.remove_prefix(last + 1);
  for (const auto& d : declines)
    if (name == d.method) return outcome{intent_status::requires_payment_method, std::string(d.code)};
  if (holds(action_methods, name)) return outcome{intent_status::requires_action, ""};
  return std::nullopt;
}

fault not_paid(const provider_intent& intent) {
  if (intent.status == intent_status::processing || intent.status == intent_status::requires_capture ||
      intent.status == intent_status::requires_confirmation)
    return {fault_kind::conflict, "PAYMENT_PENDING", "The payment is not finished yet."};
  if (intent.status == intent_status::canceled)
    return {fault_kind::conflict, "PAYMENT_CANCELED", "This payment was canceled. Start a new one."};
  fault f{fault_kind::payment_required, "PAYMENT_FAILED", "The payment did not go through."};
  if (intent.status == intent_status::requires_action) {
    f.code = "PAYMENT_ACTION_REQUIRED";
    f.message = "The card's holder has to authenticate this payment first.";
  } else if (intent.decline_code == "insufficient_funds") {
    f.code = "PAYMENT_INSUFFICIENT_FUNDS";
    f.message = "The card has insufficient funds.";
  } else if (!intent.decline_code.empty()) {
    f.message = "The card was declined.";
  }
  if (!intent.decline_code.empty()) f.extra.emplace_back("decline_code", intent.decline_code);
  return f;
}

std::string sign(std::string_view payload, std::string_view secret, stoa::timestamp at) {
  const auto seconds = std::to_string(std::chrono::floor<stoa::seconds>(at).time_since_epoch().count());
  return "t=" + seconds + ",v1=" + mac(payload, secret, seconds);
}

signature_check check_signature(std::string_view header, std::string_view payload, std::string_view secret,
                                stoa::timestamp now, stoa::milliseconds tolerance) {
  if (stoa::trim(header).empty()) return signature_check::missing;
  std::string_view seconds;
  std::vector<std::string_view> signatures;
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    const auto part = stoa::trim(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    if (part.starts_with("t=")) seconds = part.substr(2);
    if (part.starts_with("v1=") && signatures.size() < 8) signatures.push_back(part.substr(3));
  }
  std::int64_t at = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), at);
  const bool whole = !seconds.empty() && error == std::errc{} && end == seconds.data() + seconds.size();
  if (!whole || signatures.empty()) return signature_check::malformed;
  const std::string expected = mac(payload, secret, seconds);
  const bool matches =
      std::any_of(signatures.begin(), signatures.end(), [&](auto s) { return stoa::constant_time_equal(s, expected); });
  if (!matches) return signature_check::wrong;
  // The time is under the signature: here it is the signer's own.
  const auto today = std::chrono::floor<stoa::seconds>(now).time_since_epoch().count();
  const auto bound = std::chrono::ceil<stoa::seconds>(tolerance).count();
  if (at < today - bound || at > today + bound) return signature_check::expired;
  return signature_check::good;
}

std::optional<provider_intent> read_intent(const stoa::json& object) {
  if (!object.is_object()) return std::nullopt;
  provider_intent i;
  i.id = text_of(object, "id");
  i.client_secret = text_of(object, "client_secret");
  i.currency = stoa::ascii_lower(text_of(object, "currency"));
  const auto status = intent_status_named(text_of(object, "status"));
  const auto* amount = object.find("amount");
  const auto minor = amount ? amount->as_integer() : std::nullopt;
  if (!is_intent_id(i.id) || !status || !minor) return std::nullopt;
  i.status = *status;
  i.amount_minor = *minor;
  if (const auto* error = object.find("last_payment_error"); error && error->is_object()) {
    i.decline_code = text_of(*error, "decline_code");
    if (i.decline_code.empty()) i.decline_code = text_of(*error, "code");
  }
  return i;
}

namespace {

/// How much of which intent a charge says was paid back; without an id where it says nothing of the kind.
provider_intent refunded_part(const stoa::json& charge) {
  provider_intent i;
  const auto* amount = charge.find("amount_refunded");
  const auto minor = amount ? amount->as_integer() : std::nullopt;
  if (!minor || !is_intent_id(text_of(charge, "payment_intent"))) return i;
  i.id = text_of(charge, "payment_intent");
  i.amount_minor = *minor;
  i.currency = stoa::ascii_lower(text_of(charge, "currency"));
  return i;
}

}  // namespace

stoa::result<provider_event> read_event(std::string_view payload) {
  const fault unreadable{fault_kind::malformed, "MALFORMED_EVENT", "This is no event of the payment provider."};
  auto parsed = stoa::json::parse(payload);
  if (!parsed) return std::move(parsed).refusal();
  if (!parsed->is_object()) return unreadable;
  provider_event e;
  e.id = text_of(*parsed, "id");
  e.kind = text_of(*parsed, "type");
  if (e.kind.empty() || e.kind.size() > 200 || e.id.size() > 200) return unreadable;
  if (e.id.empty()) e.id = "sha256:" + stoa::hex(stoa::sha256(payload));
  if (e.kind == "payment_intent.succeeded")
    e.meaning = event_meaning::paid;
  else if (e.kind == "payment_intent.payment_failed" || e.kind == "payment_intent.failed")
    e.meaning = event_meaning::failed;
  else if (e.kind == "charge.refunded")
    e.meaning = event_meaning::refunded;
  else
    return e;
  const auto* data = parsed->find("data");
  const auto* object = data ? data->find("object") : nullptr;
  if (e.meaning == event_meaning::refunded) {
    if (object) e.intent = refunded_part(*object);
    if (e.intent.id.empty()) e.meaning = event_meaning::other;  // a charge without an intent is none of ours
    return e;
  }
  auto intent = object ? read_intent(*object) : std::nullopt;
  if (!intent) return unreadable;
  e.intent = std::move(*intent);
  if (const auto* metadata = object->find("metadata"); metadata && metadata->is_object())
    e.order = stoa::order_id::parse(text_of(*metadata, "order_id"));
  return e;
}

}  // namespace stoa_plugin::payments
