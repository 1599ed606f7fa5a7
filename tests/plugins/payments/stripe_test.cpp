// Against counterparts that others wrote: Stripe's own SDK for signatures, an emulator of its API for intents.
#include <arpa/inet.h>

#include <catch2/catch.hpp>

#include "plugins/payments/payment_rules.hpp"
#include "plugins/payments/stripe_gateway.hpp"
#include "runtime/outbound/curl_http_client.hpp"
#include "tests/plugins/payments/npm_parts.hpp"
#include "tests/plugins/payments/payments_bench.hpp"
#include "tests/runtime/outbound/tiny_server.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::payments;
using bench = payments_bench;

namespace {

const npm_parts& parts() {
  static const npm_parts installed{STOA_SOURCE_DIR "/tests/plugins/payments/npm"};
  return installed;
}

program_result sdk(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), {parts().node(), (parts().dir() / "stripe_tools.mjs").string()});
  return parts().run(arguments, input);
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  ::bind(fd, reinterpret_cast<sockaddr*>(&a), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size);
  ::close(fd);
  return ntohs(a.sin_port);
}

/// Stripe's API as somebody else emulates it.
class emulator {
 public:
  emulator()
      : port_(free_port()),
        program_(parts(), {parts().node(), parts().module("emulate/dist/index.js"), "start", "-p",
                           std::to_string(port_), "-s", "stripe"}) {
    runtime::curl_http_client client{{}};
    const bool up = eventually(
        [&] {
          http_request r;
          r.url = url() + "/v1/payment_intents";
          r.headers.emplace_back("Authorization", "Bearer sk_test_x");
          r.allow_private = true;
          r.timeout = seconds{2};
          const auto got = wait_for<http_response>(client.send(std::move(r)));
          return got && got.value().status == 200;
        },
        seconds{30});
    if (!up) throw std::runtime_error("the emulator does not come up");
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string port() const { return std::to_string(port_); }

 private:
  int port_;
  running_program program_;
};

const std::string payload =
    R"({"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","note":"ünïcode"}}})";

}  // namespace

TEST_CASE("Stripe's SDK signs what we accept", "[payments][stripe]") {
  const timestamp now = system_clock().now();
  const auto seconds_now = std::to_string(std::chrono::floor<seconds>(now).time_since_epoch().count());
  const auto header = sdk({"sign", "whsec_sandbox", seconds_now}, payload);
  REQUIRE(header.status == 0);
  const auto check = [&](const std::string& text, const char* secret, timestamp at) {
    return check_signature(header.out, text, secret, at, seconds{300});
  };
  CHECK(check(payload, "whsec_sandbox", now) == signature_check::good);
  CHECK(check(payload + " ", "whsec_sandbox", now) == signature_check::wrong);
  CHECK(check(payload, "whsec_other", now) == signature_check::wrong);
  CHECK(check(payload, "whsec_sandbox", now + minutes{6}) == signature_check::expired);
}

TEST_CASE("Stripe's SDK accepts what we sign", "[payments][stripe]") {
  const timestamp now = system_clock().now();
  const auto header = sign(payload, "whsec_sandbox", now);
  const auto good = sdk({"verify", "whsec_sandbox", header, "300"}, payload);
  CHECK(good.status == 0);
  CHECK(good.out == "evt_1");
  CHECK(sdk({"verify", "whsec_other", header, "300"}, payload).status == 1);
  CHECK(sdk({"verify", "whsec_sandbox", header, "300"}, payload + " ").status == 1);
  CHECK(sdk({"verify", "whsec_sandbox", sign(payload, "whsec_sandbox", now - minutes{10}), "300"}, payload).status ==
        1);
}

TEST_CASE("an order is paid through Stripe's API", "[payments][stripe]") {
  emulator stripe;
  runtime::curl_http_client http{{}};
  bench b{http,
          {{"provider", "stripe"},
           {"stripe_api_key", "sk_test_x"},
           {"stripe_url", stripe.url() + "/"},
           {"publishable_key", "pk_test_y"}}};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  const auto created = bench::body_of(b.create(who, id));
  CHECK(created.find("amount")->as_integer() == 8999);
  CHECK(bench::text(created, "publishable_key") == "pk_test_y");
  CHECK(bench::text(bench::body_of(b.create(who, id)), "client_secret") == bench::text(created, "client_secret"));
  const auto intent = intent_id_of(bench::text(created, "client_secret"));
  // Nobody has paid yet, whatever the buyer says and names.
  const auto early = b.confirm(who, id, intent, "pm_card_visa");
  REQUIRE(!early);
  CHECK(early.refusal().kind == fault_kind::payment_required);
  CHECK(b.orders().completed == 0);
  const auto paid = sdk({"pay", stripe.port(), intent, "pm_card_visa"});
  REQUIRE(paid.status == 0);
  CHECK(paid.out == "succeeded");
  CHECK(bench::text(bench::body_of(b.confirm(who, id, intent)), "status") == "completed");
  CHECK(b.orders().completed == 1);
  CHECK(b.orders().at(*order_id::parse(id)).payment_reference == intent);
  CHECK(b.orders().at(*order_id::parse(id)).payment_provider == "stripe");
}

TEST_CASE("an order that is closed is cancelled through Stripe's API", "[payments][stripe]") {
  emulator stripe;
  runtime::curl_http_client http{{}};
  bench b{http,
          {{"provider", "stripe"},
           {"stripe_api_key", "sk_test_x"},
           {"stripe_url", stripe.url()},
           {"publishable_key", "pk_test_y"}}};
  const auto who = user_id::make();
  const auto made = b.orders().add(who, 8999);
  const auto intent = intent_id_of(bench::text(bench::body_of(b.create(who, made.id.str())), "client_secret"));
  const auto close = [&] {
    b.orders().change(made.id, [](order& o) { o.status = order_status::cancelled; });
    b.tell("closed_orders", who, made.id, order_expired{made.id, "ORD-1"});
    REQUIRE(b.work_off());
  };
  SECTION("nobody can pay it any more") {
    close();
    CHECK(sdk({"status", stripe.port(), intent}).out == "canceled");
    CHECK(sdk({"pay", stripe.port(), intent, "pm_card_visa"}).status != 0);
    CHECK(bench::refusal(b.confirm(who, made.id.str(), intent)) == "ORDER_NOT_PAYABLE");
    CHECK(b.one("select status from plugin_payments.intent") == "canceled");
    CHECK(b.orders().completed == 0);
  }
  SECTION("what was paid in the last moment is honoured") {
    REQUIRE(sdk({"pay", stripe.port(), intent, "pm_card_visa"}).out == "succeeded");
    close();
    CHECK(sdk({"status", stripe.port(), intent}).out == "succeeded");
    CHECK(b.orders().at(made.id).status == order_status::completed);
    CHECK(b.one("select status from plugin_payments.intent") == "succeeded");
  }
}

TEST_CASE("what goes out to Stripe, and what its troubles become", "[payments][stripe]") {
  std::mutex mutex;
  std::vector<std::string> asked;
  std::vector<std::string> answers;
  tiny_server server{[&](const std::string& q) {
    const std::lock_guard lock{mutex};
    asked.push_back(q);
    if (answers.empty()) return std::string();
    auto a = answers.front();
    answers.erase(answers.begin());
    return a;
  }};
  runtime::curl_http_client http{{}};
  memory_log log;
  stripe_options o;
  o.url = server.url("");
  o.api_key = "sk_test_key";
  o.allow_private = true;
  stripe_gateway gateway{http, log, o};
  intent_request r;
  r.order = *order_id::parse("018f0000-0000-7000-8000-000000000001");
  r.amount_minor = 8999;
  r.currency = "usd";
  r.idempotency_key = idempotency_key(r.order, 2);
  const std::string intent =
      R"({"id":"pi_1","client_secret":"pi_1_secret_x","amount":8999,"currency":"usd","status":"requires_payment_method"})";
  const auto create = [&] { return wait_for<provider_intent>(gateway.create(r)); };
  const auto ask = [&](std::vector<std::string> replies) {
    {
      const std::lock_guard lock{mutex};
      answers = std::move(replies);
      asked.clear();
    }
    return create();
  };
  const auto times = [&] {
    const std::lock_guard lock{mutex};
    return asked.size();
  };
  const auto ok = [](const std::string& body, int status) { return tiny_server::ok(body, "", status); };

  SECTION("the request") {
    const auto got = ask({ok(intent, 200)});
    REQUIRE(got);
    CHECK(got.value().client_secret == "pi_1_secret_x");
    const std::lock_guard lock{mutex};
    const auto& q = asked.at(0);
    CHECK(q.starts_with("POST /v1/payment_intents HTTP/1.1\r\n"));
    CHECK(q.find("Authorization: Bearer sk_test_key\r\n") != q.npos);
    CHECK(q.find("Idempotency-Key: stoa-order-018f0000-0000-7000-8000-000000000001-2\r\n") != q.npos);
    CHECK(q.find("Content-Type: application/x-www-form-urlencoded\r\n") != q.npos);
    CHECK(
        q.ends_with("amount=8999&currency=usd&automatic_payment_methods%5Benabled%5D=true&metadata%5Border_id%5D="
                    "018f0000-0000-7000-8000-000000000001"));
  }
  SECTION("a moment's trouble is asked again, with the same key") {
    CHECK(ask({ok("{}", 500), ok(intent, 200)}));
    CHECK(times() == 2);
    CHECK(ask({ok("{}", 409), ok(intent, 200)}));
    CHECK(ask({"", ok(intent, 200)}));
  }
  SECTION("lasting trouble is unavailable") {
    for (const auto& replies : {std::vector<std::string>{ok("{}", 503), ok("{}", 503), ok("{}", 503)}, {"", ""}}) {
      const auto got = ask(replies);
      REQUIRE(!got);
      CHECK(got.refusal().kind == fault_kind::unavailable);
      CHECK(times() == 2);
    }
    for (const auto& reply : {ok(R"({"error":{"type":"invalid_request_error"}})", 401), ok("no json", 200),
                              ok("{}", 200), ok("{}", 429), ok("[]", 400)}) {
      const auto got = ask({reply});
      REQUIRE(!got);
      CHECK(got.refusal().kind == fault_kind::unavailable);
      CHECK(times() == 1);
    }
    CHECK(log.all().find("sk_test_key") == std::string::npos);
  }
  SECTION("what is refused for good is the client's to know, with the reason") {
    const auto refused = [&](const std::string& error, int status) {
      const auto got = ask({ok(R"({"error":)" + error + "}", status)});
      REQUIRE(!got);
      CHECK(times() == 1);
      return got.refusal();
    };
    const auto small = refused(
        R"({"type":"invalid_request_error","code":"amount_too_small","message":"Amount must be at least $0.50 usd"})",
        400);
    CHECK(small.kind == fault_kind::rejected);
    CHECK(small.code == "PAYMENT_REFUSED");
    CHECK(small.message.find("too small") != std::string::npos);
    REQUIRE(small.extra.size() == 1);
    CHECK(small.extra[0] == std::pair<std::string, std::string>("provider_code", "amount_too_small"));
    CHECK(refused(R"({"type":"invalid_request_error","code":"amount_too_large"})", 400).message.find("too large") !=
          std::string::npos);
    const auto currency = refused(R"({"type":"invalid_request_error","param":"currency"})", 400);
    CHECK(currency.kind == fault_kind::rejected);
    CHECK(currency.message.find("currency") != std::string::npos);
    CHECK(refused(R"({"type":"invalid_request_error","code":"country_unsupported"})", 400).kind ==
          fault_kind::rejected);
    // These are the operator's to mend, or pass.
    for (const char* error :
         {R"({"type":"invalid_request_error","code":"parameter_unknown"})",
          R"({"type":"invalid_request_error","code":"api_key_expired"})", R"({"type":"idempotency_error"})",
          R"({"type":"invalid_request_error"})", R"({"type":"invalid_request_error","code":"lock_timeout"})"})
      CHECK(refused(error, 400).kind == fault_kind::unavailable);
  }
  SECTION("a cancellation looks how the payment stands where it is refused") {
    const auto cancel = [&](std::vector<std::string> replies) {
      {
        const std::lock_guard lock{mutex};
        answers = std::move(replies);
        asked.clear();
      }
      return wait_for<provider_intent>(gateway.cancel("pi_1"));
    };
    const auto standing = [&](const std::string& status) {
      return ok(R"({"id":"pi_1","amount":8999,"currency":"usd","status":")" + status + "\"}", 200);
    };
    const auto unexpected =
        ok(R"({"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state"}})", 400);
    CHECK(cancel({standing("canceled")}).value().status == intent_status::canceled);
    {
      const std::lock_guard lock{mutex};
      CHECK(asked.at(0).starts_with("POST /v1/payment_intents/pi_1/cancel HTTP/1.1\r\n"));
    }
    CHECK(cancel({unexpected, standing("succeeded")}).value().status == intent_status::succeeded);
    CHECK(cancel({unexpected, standing("canceled")}).value().status == intent_status::canceled);
    CHECK(cancel({unexpected, standing("processing")}).refusal().kind == fault_kind::unavailable);
    CHECK(cancel({ok("{}", 503), ok("{}", 503)}).refusal().kind == fault_kind::unavailable);
  }
  SECTION("declines and unknown intents") {
    const auto declined =
        ask({ok(R"({"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}})", 402)});
    REQUIRE(!declined);
    CHECK(declined.refusal().code == "PAYMENT_INSUFFICIENT_FUNDS");
    CHECK(ask({ok("{}", 404)}).refusal().code == "PAYMENT_INTENT_NOT_FOUND");
  }
}
