#include "stripe_gateway.hpp"

#include "stoa/json.hpp"

namespace stoa_plugin::payments {

using stoa::fault;
using stoa::fault_kind;
using stoa::http_request;
using stoa::task;

namespace {

constexpr int most_attempts = 2;
constexpr stoa::milliseconds patience{3000};  // two of them fit into a request's own deadline

std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& fields) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  const auto append = [&](const std::string& text) {
    for (const char c : text) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                         c == '_' || c == '.';
      if (plain) {
        out += c;
      } else {
        out += '%';
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
      }
    }
  };
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    append(name);
    out += '=';
    append(value);
  }
  return out;
}

/// Whether the same question may get another answer a moment later. A retried creation is safe: it carries its key.
bool passing(int status) { return status == 409 || status >= 500; }

fault provider_away() {
  fault f = fault::unavailable("The payment provider cannot be reached at the moment.", stoa::seconds{5});
  f.code = "UPSTREAM_UNAVAILABLE";
  return f;
}

constexpr const char* refused_code = "PAYMENT_REFUSED";

struct provider_error {
  std::string type, code, decline_code;
};

struct known_refusal {
  std::string_view code, message;
};
constexpr known_refusal known_refusals[] = {
    {"amount_too_small", "The amount is too small for the payment provider."},
    {"amount_too_large", "The amount is too large for the payment provider."},
    {"invalid_amount", "The payment provider does not take this amount."},
    {"invalid_currency", "The payment provider does not take this currency."},
    {"payment_intent_unexpected_state", "This payment cannot be changed any more."},
};

/// Whether the provider will say the same for ever: it has understood the request and names what is wrong with this
/// payment. Where our key, our rights or our way of asking are wrong it gives no code, or is the operator's to mend.
bool refuses_for_good(int status, const provider_error& e) {
  return (status == 400 || status == 422) && !e.code.empty() && e.type == "invalid_request_error" &&
         !e.code.starts_with("parameter_") && !e.code.starts_with("api_key") && e.code != "resource_missing" &&
         e.code != "rate_limit" && e.code != "lock_timeout";
}

fault refusal_of(const provider_error& e) {
  fault f{fault_kind::rejected, refused_code, "The payment provider refuses this payment."};
  for (const auto& known : known_refusals)
    if (e.code == known.code) f.message = known.message;
  f.extra.emplace_back("provider_code", e.code);
  return f;
}

provider_error error_in(const stoa::json& body) {
  provider_error e;
  const auto* error = body.find("error");
  if (!error || !error->is_object()) return e;
  const auto text = [&](const char* name) {
    const auto* v = error->find(name);
    return v && v->is_string() ? v->text() : std::string();
  };
  e = {text("type"), text("code"), text("decline_code")};
  // What is wrong with the payment itself is sometimes told by the parameter alone.
  if (const auto param = text("param"); e.code.empty() && (param == "amount" || param == "currency"))
    e.code = "invalid_" + param;
  return e;
}

}  // namespace

stripe_gateway::stripe_gateway(stoa::http_client& http, stoa::logger& log, stripe_options options)
    : http_(http), log_(log), options_(std::move(options)) {}

task<provider_intent> stripe_gateway::create(intent_request r) {
  http_request q;
  q.method = "POST";
  q.url = options_.url + "/v1/payment_intents";
  q.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  q.headers.emplace_back("Idempotency-Key", r.idempotency_key);
  q.body = form_encoded({{"amount", std::to_string(r.amount_minor)},
                         {"currency", r.currency},
                         {"automatic_payment_methods[enabled]", "true"},
                         {"metadata[order_id]", r.order.str()}});
  co_return co_await ask(std::move(q));
}

task<provider_intent> stripe_gateway::look(std::string intent) {
  http_request q;
  q.url = options_.url + "/v1/payment_intents/" + intent;
  co_return co_await ask(std::move(q));
}

task<provider_intent> stripe_gateway::cancel(std::string intent) {
  http_request q;
  q.method = "POST";
  q.url = options_.url + "/v1/payment_intents/" + intent + "/cancel";
  q.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  auto cancelled = co_await as_result(ask(std::move(q)));
  if (cancelled || cancelled.refusal().code != refused_code) co_return std::move(cancelled);
  // It was paid, cancelled before, or its payment is under way.
  auto stands = co_await look(std::move(intent));
  if (stands.status != intent_status::succeeded && stands.status != intent_status::canceled) co_return provider_away();
  co_return stands;
}

task<provider_intent> stripe_gateway::ask(http_request r) {
  r.timeout = patience;
  r.allow_private = options_.allow_private;
  r.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
  for (int attempt = 1;; ++attempt) {
    http_request copy = r;
    const auto answer = co_await as_result(http_.send(std::move(copy)));
    if (!answer || passing(answer.value().status)) {
      if (attempt < most_attempts) continue;
      if (answer) log_.warn("payment provider in trouble", {{"status", answer.value().status}});
      co_return provider_away();
    }
    const auto& got = answer.value();
    const auto body = stoa::json::parse(got.body);
    if (got.status == 200 && body) {
      auto intent = read_intent(body.value());
      if (intent) {
        // The id alone serves where a counterpart keeps no secrets: confirming takes either.
        if (intent->client_secret.empty()) intent->client_secret = intent->id;
        co_return std::move(*intent);
      }
    }
    const auto error = body ? error_in(body.value()) : provider_error{};
    if (got.status == 402) {
      provider_intent declined;
      declined.decline_code = error.decline_code.empty() ? error.code : error.decline_code;
      co_return not_paid(declined);
    }
    if (got.status == 404)
      co_return fault{fault_kind::not_found, "PAYMENT_INTENT_NOT_FOUND", "There is no such payment."};
    if (refuses_for_good(got.status, error)) {
      log_.warn("payment provider refuses a payment", {{"status", got.status}, {"code", error.code}});
      co_return refusal_of(error);
    }
    // A wrong key or a request the provider does not like is the operator's matter; the client can only come back
    // later.
    log_.error("payment provider refuses", {{"status", got.status}, {"type", error.type}, {"code", error.code}});
    co_return provider_away();
  }
}

}  // namespace stoa_plugin::payments
