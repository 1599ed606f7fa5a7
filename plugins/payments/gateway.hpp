// A payment provider as the checkout sees it.
#pragma once

#include <string>

#include "payment_rules.hpp"
#include "stoa/task.hpp"

namespace stoa_plugin::payments {

struct intent_request {
  stoa::order_id order;
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string idempotency_key;
};

/// Faults: UPSTREAM_UNAVAILABLE (unavailable) where the provider cannot be asked; PAYMENT_REFUSED (rejected) where it
/// will never do what it was asked, with its `provider_code`.
class gateway {
 public:
  virtual ~gateway() = default;
  virtual std::string name() const = 0;
  /// The same key gives the same intent.
  virtual stoa::task<provider_intent> create(intent_request r) = 0;
  /// How an intent stands after the client said it has confirmed it. A provider that takes the confirmation itself (the
  /// sandbox) does so with `payment_method`; others were told by the browser and are only asked.
  virtual stoa::task<provider_intent> confirm(std::string intent, std::string payment_method) = 0;
  /// How an intent stands.
  virtual stoa::task<provider_intent> look(std::string intent) = 0;
  /// Makes an intent unpayable; answers how it stands then. One that was paid stays so. UPSTREAM_UNAVAILABLE also where
  /// it cannot be cancelled yet, since its payment is under way.
  virtual stoa::task<provider_intent> cancel(std::string intent) = 0;
};

}  // namespace stoa_plugin::payments
