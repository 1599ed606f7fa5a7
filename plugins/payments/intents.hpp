// The intents we know of, and the provider's events we have dealt with: SQL and nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "payment_rules.hpp"
#include "stoa/db.hpp"
#include "stoa/jobs.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::payments {

/// A provider's intent as an attempt at an order.
struct known_intent {
  provider_intent at_provider;
  std::string provider;
  stoa::order_id order;
  stoa::user_id user;
  std::int64_t attempt = 0;
};
BOOST_DESCRIBE_STRUCT(known_intent, (), (provider, order, user, attempt))

/// An intent that shall not be paid any more: its order is closed, or has another.
struct cancel_intent {
  static constexpr std::string_view kind = "payments.cancel_intent";
  std::string intent;
};
BOOST_DESCRIBE_STRUCT(cancel_intent, (), (intent))

/// An order that takes no more money.
struct closed_order {
  stoa::order_id id;
  std::string paid_by;  ///< the intent that paid it; empty: none
};

/// Promises, inside the caller's transaction, to cancel what could still be paid for such orders.
void cancel_within(stoa::connection& db, const std::vector<closed_order>& orders, stoa::timestamp now);

/// `who` says whose rows may be seen: a user's own, or all of them for the provider's webhooks.
class intents {
 public:
  explicit intents(stoa::plugin_host& host) : host_(host) {}

  stoa::task<std::optional<known_intent>> newest_of(stoa::acting who, stoa::order_id order);
  stoa::task<std::optional<known_intent>> find(stoa::acting who, std::string id);
  /// Keeps a new attempt; the one that was there where somebody else was faster.
  stoa::task<known_intent> keep(known_intent i, std::string idempotency_key);
  /// Notes how an intent stands; what has succeeded stays so.
  stoa::task<stoa::done> note(stoa::acting who, std::string id, intent_status status, std::string failure);

  /// Promises to cancel all intents of an order but that one.
  stoa::task<stoa::done> cancel_others(stoa::order_id order, std::string intent);

  stoa::task<bool> event_seen(std::string id);
  stoa::task<stoa::done> event_done(std::string id, std::string kind, std::string outcome);
  /// Forgets events that no provider sends again.
  stoa::task<stoa::done> forget_old_events();

 private:
  stoa::plugin_host& host_;
};

}  // namespace stoa_plugin::payments
