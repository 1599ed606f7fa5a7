// Stripe's real API.
#pragma once

#include <string>

#include "gateway.hpp"
#include "stoa/http_client.hpp"
#include "stoa/log.hpp"

namespace stoa_plugin::payments {

struct stripe_options {
  std::string url = "https://api.stripe.com";  ///< without a final slash
  std::string api_key;
  /// For a counterpart on a private address, which only an operator can name.
  bool allow_private = false;
};

class stripe_gateway final : public gateway {
 public:
  stripe_gateway(stoa::http_client& http, stoa::logger& log, stripe_options options);

  std::string name() const override { return "stripe"; }
  stoa::task<provider_intent> create(intent_request r) override;
  /// The browser has confirmed it: there is only to look.
  stoa::task<provider_intent> confirm(std::string intent, std::string) override { return look(std::move(intent)); }
  stoa::task<provider_intent> look(std::string intent) override;
  stoa::task<provider_intent> cancel(std::string intent) override;

 private:
  stoa::task<provider_intent> ask(stoa::http_request r);

  stoa::http_client& http_;
  stoa::logger& log_;
  const stripe_options options_;
};

}  // namespace stoa_plugin::payments
