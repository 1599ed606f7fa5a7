// What payments are allowed to do: states, outcomes, signatures. No database, no network.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/orders.hpp"
#include "stoa/fault.hpp"
#include "stoa/json.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::payments {

/// The states of a payment intent, as Stripe names them.
enum class intent_status {
  requires_payment_method,
  requires_confirmation,
  requires_action,
  processing,
  requires_capture,
  succeeded,
  canceled,
};
std::string_view name_of(intent_status s) noexcept;
std::optional<intent_status> intent_status_named(std::string_view name) noexcept;

/// An intent as its provider describes it.
struct provider_intent {
  std::string id;
  std::string client_secret;
  intent_status status = intent_status::requires_payment_method;
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string decline_code;  ///< why the last try failed; empty where it did not
};
BOOST_DESCRIBE_STRUCT(provider_intent, (), (id, client_secret, status, amount_minor, currency, decline_code))

/// `pi_1` of `pi_1` and of `pi_1_secret_x`.
std::string intent_id_of(std::string_view id_or_secret);

/// Whether it can be an intent's id at all: what goes into a provider's URL.
bool is_intent_id(std::string_view text) noexcept;

/// Whether money of this intent pays that order.
bool pays(const provider_intent& intent, const stoa::order& order);

/// The key that makes an attempt at an order the same attempt, however often it is asked for.
std::string idempotency_key(stoa::order_id order, std::int64_t attempt);

/// What a payment method does to an intent.
struct outcome {
  intent_status status = intent_status::succeeded;
  std::string decline_code;
};

/// The outcome of Stripe's test payment methods: cards that work, `pm_card_chargeDeclined` and its kin (also with a
/// brand in the name, `pm_card_visa_chargeDeclined`), cards that want the holder's authentication. nullopt for unknown
/// ones.
std::optional<outcome> test_method_outcome(std::string_view payment_method);

/// What a client is told when an intent did not succeed. Declines are `payment_required`: PAYMENT_INSUFFICIENT_FUNDS
/// where funds are lacking, PAYMENT_ACTION_REQUIRED where the holder must act first, PAYMENT_FAILED otherwise, each
/// with the provider's `decline_code` where there is one; one that is still under way is a conflict, PAYMENT_PENDING.
stoa::fault not_paid(const provider_intent& intent);

// -- signatures of webhooks
// ----------------------------------------------------------------------------------------------

/// The Stripe-Signature header for a payload.
std::string sign(std::string_view payload, std::string_view secret, stoa::timestamp at);

enum class signature_check { good, missing, malformed, expired, wrong };

/// Checks a Stripe-Signature header over the raw bytes of a body. Any of several `v1` signatures may be the good one.
signature_check check_signature(std::string_view header, std::string_view payload, std::string_view secret,
                                stoa::timestamp now, stoa::milliseconds tolerance);

// -- events -----------------------------------------------------------------------------------------------------------

enum class event_meaning { paid, failed, refunded, other };

/// What of a provider's event concerns payments.
struct provider_event {
  std::string id;
  std::string kind;
  event_meaning meaning = event_meaning::other;
  provider_intent intent;               ///< of `paid` and `failed`; of `refunded` id, amount and currency
  std::optional<stoa::order_id> order;  ///< from the intent's metadata
};

/// Reads an event. Malformed ones are faults of the kind `malformed`; kinds nobody needs are `other`. An event without
/// an id gets one from its bytes.
stoa::result<provider_event> read_event(std::string_view payload);

/// Reads an intent out of a provider's JSON.
std::optional<provider_intent> read_intent(const stoa::json& object);

}  // namespace stoa_plugin::payments
