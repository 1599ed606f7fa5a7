// Paying an order: an intent, its confirmation, and the provider's webhook, which all end in the same completed order.
#pragma once

#include <memory>
#include <string>

#include "gateway.hpp"
#include "intents.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::payments {

struct checkout_options {
  std::string webhook_secret;
  stoa::milliseconds webhook_tolerance = stoa::seconds{300};
};

class checkout {
 public:
  checkout(stoa::plugin_host& host, gateway& provider, checkout_options options);

  /// The intent that pays the order: the same one as long as it can be used and the order costs the same.
  /// Faults: those of `orders::payable` and of the provider.
  stoa::task<provider_intent> intent_for(stoa::user_id buyer, stoa::order_id order);

  /// Takes the buyer's word that an intent was confirmed to the provider, and completes the order on the provider's.
  /// `intent` is its id or its client secret. An order that is completed already, by the webhook or an earlier call,
  /// answers alike. For an order that may not be paid any more nothing is taken; what was paid all the same is dealt
  /// with. Faults: those of `orders::payable`, PAYMENT_INTENT_MISMATCH (invalid), PAYMENT_REFUND_DUE (conflict) where
  /// the money buys nothing, and those of `not_paid`.
  stoa::task<stoa::order> confirm(stoa::user_id buyer, stoa::order_id order, std::string intent,
                                  std::string payment_method);

  /// Handles a webhook; says what came of it. Faults: INVALID_SIGNATURE (rejected), malformed ones, and whatever makes
  /// it worth sending again.
  stoa::task<std::string> webhook(std::string body, std::string signature);

  /// Cancels an intent at its provider; one that was paid in the last moment pays, or is due for refund.
  stoa::task<stoa::done> cancel(std::string intent);

  stoa::task<stoa::done> forget_old_events() { return intents_.forget_old_events(); }

 private:
  stoa::task<stoa::order> complete(stoa::order_id order, std::string provider, provider_intent intent);
  stoa::task<std::string> apply(provider_event e);

  stoa::plugin_host& host_;
  gateway& provider_;
  intents intents_;
  const checkout_options options_;
};

}  // namespace stoa_plugin::payments
