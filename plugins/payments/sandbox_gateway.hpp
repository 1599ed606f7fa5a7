// The sandbox: a provider that keeps its books in our own database and follows Stripe's test payment methods.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "gateway.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::payments {

/// What the sandbox does with the webhooks of its intents.
enum class webhook_mode {
  off,
  send,
  duplicate,  ///< every event comes twice
  reorder,    ///< events wait for the end of their second, and the newest comes first
};
std::optional<webhook_mode> webhook_mode_named(std::string_view name) noexcept;

/// Where the webhooks of a provider arrive.
inline constexpr stoa::dialect webhook_dialect{"unpuzzle"};
inline constexpr const char* webhook_pattern = "/payments/webhooks/stripe/";

/// An event on its way to our own endpoint.
struct sandbox_webhook {
  static constexpr std::string_view kind = "payments.sandbox_webhook";
  std::string event;  ///< the body as it is sent
};
BOOST_DESCRIBE_STRUCT(sandbox_webhook, (), (event))

class sandbox_gateway final : public gateway {
 public:
  sandbox_gateway(stoa::plugin_host& host, std::string webhook_secret, webhook_mode mode);

  std::string name() const override { return "sandbox"; }
  stoa::task<provider_intent> create(intent_request r) override;
  stoa::task<provider_intent> confirm(std::string intent, std::string payment_method) override;
  stoa::task<provider_intent> look(std::string intent) override;
  stoa::task<provider_intent> cancel(std::string intent) override;

  /// Sends a webhook to our own endpoint; a fault where it is not taken, so that it comes again.
  stoa::task<stoa::done> deliver(sandbox_webhook told);

 private:
  stoa::result<stoa::done> charge(stoa::connection& db, const std::string& intent, const std::string& payment_method,
                                  provider_intent& out);
  void announce(stoa::connection& db, const provider_intent& i, stoa::order_id order);
  stoa::microseconds reordered(stoa::timestamp now);

  stoa::plugin_host& host_;
  const std::string webhook_secret_;
  const webhook_mode mode_;
  std::atomic<std::int64_t> announced_{0};
};

}  // namespace stoa_plugin::payments
