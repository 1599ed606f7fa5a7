// The sandbox: a provider that keeps its books in our own database and follows Stripe's test payment methods.
#pragma once

#include <string>

#include "gateway.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::payments {

/// What the sandbox does with the webhooks of its intents.
enum class webhook_mode {
  off,
  send,
  duplicate,  ///< every event comes twice
  reorder,    ///< events wait a second and the newest comes first
};
std::optional<webhook_mode> webhook_mode_named(std::string_view name) noexcept;

/// Where the webhooks of a provider arrive.
inline constexpr stoa::dialect webhook_dialect{"unpuzzle"};
inline constexpr const char* webhook_pattern = "/payments/webhooks/stripe/";

class sandbox_gateway final : public gateway {
 public:
  sandbox_gateway(stoa::plugin_host& host, std::string webhook_secret, webhook_mode mode);

  std::string name() const override { return "sandbox"; }
  stoa::task<provider_intent> create(intent_request r) override;
  stoa::task<provider_intent> confirm(std::string intent, std::string payment_method) override;

  /// Sends the webhooks that are due to our own endpoint; those that are not taken come again later.
  stoa::task<stoa::done> deliver();

 private:
  stoa::result<stoa::done> charge(stoa::connection& db, const std::string& intent, const std::string& payment_method,
                                  provider_intent& out);
  void announce(stoa::connection& db, const provider_intent& i, stoa::order_id order);

  stoa::plugin_host& host_;
  const std::string webhook_secret_;
  const webhook_mode mode_;
};

}  // namespace stoa_plugin::payments
